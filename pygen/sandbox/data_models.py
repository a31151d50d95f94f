"""Data models (dms-api.md 3.7): lists of views."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pygen.client.models.ids import ViewId
from pygen.sandbox.catalog import view_id, view_reference, view_text
from pygen.sandbox.problems import Refusal
from pygen.sandbox.schema_rows import (
    Description,
    ExternalId,
    Json,
    Label,
    Many,
    Space,
    Version,
    VersionedTable,
    VersionItems,
    ViewReference,
    check_space,
    flag,
    labels,
    list_rows,
    refuse_duplicates,
    refuse_excess,
    refuse_global,
)
from pygen.sandbox.shapes import Shape
from pygen.sandbox.view_shapes import ViewWrite
from pygen.sandbox.views import check_views, put_views, read_view

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = [
    "apply_data_models",
    "delete_data_models",
    "list_data_models",
    "retrieve_data_models",
    "upsert_data_models",
]

DATA_MODELS = VersionedTable("data_model", "data models")


class _Write(Shape):
    space: Space
    external_id: ExternalId
    version: Version
    name: Label | None = None
    description: Description | None = None
    views: list[dict[str, Any]] | None = None

    @property
    def key(self) -> list[str]:
        return [self.space, self.external_id, self.version]

    def __str__(self) -> str:
        return f"{self.space}:{self.external_id}/{self.version}"


class _Writes(Shape):
    items: Many[_Write]


def apply_data_models(
    store: Store, items: Sequence[Json], *, is_global: bool = False, dangling: bool = False
) -> list[Json]:
    """
    Create or update data models, any number, and the views that are written out in them.

    Args:
        store: The project.
        items: Data models in write form.
        is_global: Whether they are the system's.
        dangling: Whether they may refer to what does not exist.

    Returns:
        Their read form, with references to views.

    Raises:
        Refusal: One is wrong; none is written.
    """
    models = [_Write.read(item, where=f"items[{i}]") for i, item in enumerate(items)]
    with store.writing():
        return _put(store, models, is_global=is_global, dangling=dangling)


def upsert_data_models(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /models/datamodels`."""
    models = _Writes.read(body).items
    with store.writing():
        answer = _put(store, models, limits=True)
        settings = store.settings
        refuse_excess("data models", DATA_MODELS.count(store), settings.most_data_models)
        for model, shown in zip(models, answer, strict=True):
            refuse_excess(f"views of data model '{model}'", len(shown["views"]), settings.most_views_of_data_model)
            versions = DATA_MODELS.count(store, space=model.space, external_id=model.external_id)
            refuse_excess(
                f"versions of data model '{model.space}:{model.external_id}'", versions, settings.most_versions
            )
    return {"items": answer}


def list_data_models(store: Store, _body: Json, params: Mapping[str, str]) -> Json:
    """`GET /models/datamodels`."""
    inline = flag(params, "inlineViews", default=False)
    newest_only = not flag(params, "allVersions", default=False)
    with store.reading():
        page = list_rows(store, "data_model", params, newest_only=newest_only)
        return page.answer([_read(store, row, inline=inline) for row in page.rows])


def retrieve_data_models(store: Store, body: Json, params: Mapping[str, str]) -> Json:
    """`POST /models/datamodels/byids`; an item without version stands for every version."""
    keys = VersionItems.read(body).items
    inline = flag(params, "inlineViews", default=False)
    with store.reading():
        return {"items": [_read(store, row, inline=inline) for row in DATA_MODELS.rows_of(store, keys)]}


def delete_data_models(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """`POST /models/datamodels/delete`: views and containers stay (dms-api.md 2.3)."""
    return DATA_MODELS.delete(store, body)


def _read(store: Store, row: Sequence[Any], *, inline: bool = False) -> Json:
    _, space, external_id, version, text, created, updated, is_global = row
    body: Json = json.loads(text)
    return {
        "space": space,
        "externalId": external_id,
        "version": version,
        "createdTime": created,
        "lastUpdatedTime": updated,
        "isGlobal": bool(is_global),
        **labels(body),
        "views": [_inlined(store, reference) for reference in body["views"]] if inline else body["views"],
    }


def _inlined(store: Store, reference: Json) -> Json:
    """The view; the reference remains where the view is gone."""
    view = store.catalog.views.get(view_id(reference))
    return reference if view is None else read_view(store.catalog, view, inherited=True)


# --- writing ---


def _put(
    store: Store, models: Sequence[_Write], *, is_global: bool = False, dangling: bool = False, limits: bool = False
) -> list[Json]:
    refuse_duplicates(str(model) for model in models)
    check_space(store, (model.space for model in models), is_global=is_global)
    referred = _put_inline_views(store, models, is_global=is_global, dangling=dangling, limits=limits)
    if not dangling:
        missing = [view for views in referred for view in views if view not in store.catalog.views]
        if missing:
            raise Refusal(f"One or more views do not exist: '{view_text(missing[0])}'.")
    for model, views in zip(models, referred, strict=True):
        row = _row(store, model)
        if row is not None and row[7] and not is_global:
            refuse_global("data models", [str(model)])
        before = [] if row is None else [view_id(view) for view in json.loads(row[4])["views"]]
        body = model.model_dump(by_alias=True, exclude_none=True, include={"name", "description"})
        body["views"] = [view_reference(view) for view in _merged(model, before, views)]
        DATA_MODELS.put(store, row, model.key, body, is_global=is_global)
    return [_read(store, _row(store, model)) for model in models]


def _put_inline_views(
    store: Store, models: Sequence[_Write], *, is_global: bool, dangling: bool, limits: bool
) -> list[list[ViewId]]:
    """Write the views that are written out, and give the identifiers of each model's views."""
    written: dict[ViewId, ViewWrite] = {}
    referred: list[list[ViewId]] = []
    for position, model in enumerate(models):
        found: list[ViewId] = []
        for place, each in enumerate(model.views or ()):
            where = f"items[{position}].views[{place}]"
            if each.get("type") == "view":
                reference = ViewReference.read(each, where=where)
                found.append(ViewId(reference.space, reference.external_id, reference.version))
            else:
                view = ViewWrite.read(each, where=where)
                written[view.as_id()] = view
                found.append(view.as_id())
        referred.append(list(dict.fromkeys(found)))
    if written:
        views = list(written.values())
        put_views(store, views, is_global=is_global)
        if not dangling:
            check_views(store, views, limits=limits)
    return referred


def _merged(model: _Write, before: Sequence[ViewId], views: Sequence[ViewId]) -> list[ViewId]:
    """The views of a model after it is written: none goes away, and none gives way to another version of it."""
    versions = {(view.space, view.external_id): view.version for view in before}
    for view in views:
        if versions.get((view.space, view.external_id), view.version) != view.version and view not in before:
            raise Refusal(
                f"Data model '{model}' cannot get another version of view '{view.space}:{view.external_id}': "
                "publish a new version of the data model",
                status=409,
            )
    return list(dict.fromkeys([*before, *views]))


def _row(store: Store, model: _Write) -> Any:
    return store.db.execute(
        "SELECT * FROM data_model WHERE (space, external_id, version) = (?, ?, ?)", model.key
    ).fetchone()
