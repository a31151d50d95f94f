"""
Fills a project from files: data models of every kind, instances, and mock data.

Whatever is read is written as clients would write it, with two exceptions. What belongs to the system is written as
the system's, and protected from then on. And views may name what is not there: a data model is often a part of a larger
one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pygen.client.models.ids import ContainerId, ViewId
from pygen.errors import ConfigError
from pygen.sandbox.containers import apply_containers
from pygen.sandbox.data_models import apply_data_models
from pygen.sandbox.inputs import Inputs, Model, find_inputs
from pygen.sandbox.problems import Refusal
from pygen.sandbox.snapshots import is_system_space
from pygen.sandbox.spaces import apply_spaces
from pygen.sandbox.views import apply_views
from pygen.sources.definitions import Definition

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = ["load"]

Json = dict[str, Any]

_log = logging.getLogger("pygen.sandbox")


def load(store: Store, paths: Sequence[Path], *, mock: int = 0, seed: int = 0) -> None:
    """
    Load data models, then instances, then mock data.

    Args:
        store: The project.
        paths: Data models in the API's form, with their containers beside them; folders of the toolkit; GraphQL
            schemas; instances in JSON, YAML or CSV; and folders of any of these.
        mock: How many instances each view of the data models gets; of those that are there already, if *paths* names
            none.
        seed: Decides what they look like.

    Raises:
        ConfigError: A file cannot be read, or what it says is refused; nothing tells what to do with it.
        ModelError: A data model is broken.
        MissingExtraError: A package is missing that reads such a file.
    """
    inputs = find_inputs(paths)
    write_models(store, inputs.models)
    if inputs.instances:
        _write_files(store, inputs)
    if mock:
        _write_mock(store, inputs, count=mock, seed=seed)


def _write_files(store: Store, inputs: Inputs) -> None:
    from pygen.sandbox.instance_files import read_instances
    from pygen.sandbox.instance_writing import InstanceWriter

    space = instance_space(store, inputs.models)
    files = [
        (str(path), read_instances(store.catalog, path, space=space, variables=variables))
        for path, variables in inputs.instances
    ]
    whole = _merged(instance for _, instances in files for instance in instances)
    writer = InstanceWriter(store)
    for kind in ("node", "edge"):  # of all files: edges end at nodes of others
        for place, instances in files:
            mine = (whole.pop(key) for each in instances if (key := _name(each)) in whole and key[0] == kind)
            writer.write(mine, place=place)
    writer.finish()


def _name(instance: Json) -> tuple[str, str, str]:
    return instance["instanceType"], instance["space"], instance["externalId"]


def _merged(instances: Iterable[Json]) -> dict[tuple[str, str, str], Json]:
    """Instances that occur several times, as one: what is written through one view may need what another one shows."""
    whole: dict[tuple[str, str, str], Json] = {}
    for instance in instances:
        known = whole.get(_name(instance))
        if known is None:
            whole[_name(instance)] = instance
            continue
        sources: list[Json] = list(known.get("sources") or ())
        for each in instance.get("sources") or ():
            same = next((other for other in sources if other["source"] == each["source"]), None)
            if same is None:
                sources.append(each)
            else:
                both: Json = {**same["properties"], **each["properties"]}
                sources[sources.index(same)] = {**each, "properties": both}
        whole[_name(instance)] = {**known, **instance, "sources": sources}
    return whole


def _write_mock(store: Store, inputs: Inputs, *, count: int, seed: int) -> None:
    from pygen.sandbox.instance_writing import InstanceWriter
    from pygen.sandbox.mock import mock_groups

    views, space = views_of(store, inputs.models), instance_space(store, inputs.models)
    writer = InstanceWriter(store)
    for group in mock_groups(store.catalog, views, count=count, seed=seed, space=space):
        writer.write(group.instances, place=f"mock data of {group.name}")
    writer.finish()


# --- data models ---


def write_models(store: Store, models: Sequence[Model]) -> None:
    """
    Write what files and folders define.

    Raises:
        ConfigError: The service would refuse it; with the place.
    """
    for model in models:
        _write_model(store, model)
    for model in models:
        _warn_of_broken(store, model)


def _write_model(store: Store, model: Model) -> None:
    own_spaces = {each.body["space"] for each in model.spaces}
    resources = [*model.containers, *model.derived, *model.views, *model.data_models]
    implied = {each.body["space"] for each in resources} - own_spaces
    spaces = [*model.spaces, *(Definition({"space": space}, model.place) for space in sorted(implied))]
    new = [each for each in spaces if each.body["space"] not in store.catalog.spaces or len(each.body) > 1]
    system = {each.body["space"] for each in spaces if is_system_space(each.body["space"])} | model.system_spaces
    _write(store, apply_spaces, new, system)
    _write(store, _apply_containers, model.containers, system)
    _write(store, _apply_containers, _still_missing(store, model.derived), system)
    _write(store, _apply_views, model.views, system)
    _write(store, _apply_data_models, model.data_models, system)


def _warn_of_broken(store: Store, model: Model) -> None:
    """Tell of properties that show what is not there: nothing can be read or written through them."""
    for each in model.views:
        view = store.catalog.views[ViewId(*(each.body[key] for key in ("space", "externalId", "version")))]
        if view.broken:
            shown = ", ".join(sorted(view.broken))
            _log.warning("%s: view %s shows containers that are not there: %s", model.place, view.id, shown)


def _apply_containers(store: Store, items: Sequence[Json], *, is_global: bool) -> object:
    return apply_containers(store, items, is_global=is_global, dangling=True)


def _apply_views(store: Store, items: Sequence[Json], *, is_global: bool) -> object:
    return apply_views(store, items, is_global=is_global, dangling=True)


def _apply_data_models(store: Store, items: Sequence[Json], *, is_global: bool) -> object:
    return apply_data_models(store, items, is_global=is_global, dangling=True)


def _write(
    store: Store, apply: Callable[..., object], definitions: Iterable[Definition], system: Collection[str]
) -> None:
    """Write resources of one kind, the system's first: others build upon them."""
    for is_global in (True, False):
        chosen = [each for each in definitions if (each.body["space"] in system) == is_global]
        if not chosen:
            continue
        try:
            apply(store, [each.body for each in chosen], is_global=is_global)
        except Refusal as refusal:
            for each in chosen:
                _write_alone(store, apply, each, is_global=is_global)
            raise ConfigError(refusal.message, key=chosen[0].place) from refusal


def _write_alone(store: Store, apply: Callable[..., object], definition: Definition, *, is_global: bool) -> None:
    """Write one of several resources that were refused together, to find out which one is wrong."""
    try:
        apply(store, [definition.body], is_global=is_global)
    except Refusal as refusal:
        name = ":".join(definition.body[key] for key in ("space", "externalId") if key in definition.body)
        raise ConfigError(f"{name}: {refusal.message}", key=definition.place) from refusal


def _still_missing(store: Store, derived: Iterable[Definition]) -> list[Definition]:
    """What was derived, without what is known better by now."""
    missing: list[Definition] = []
    for body, place in derived:
        known = store.catalog.containers.get(ContainerId(body["space"], body["externalId"]))
        if known is None:
            missing.append(Definition(body, place))
            continue
        properties = {name: prop for name, prop in body["properties"].items() if name not in known.props}
        if properties:
            rest: Json = {name: known.body[name] for name in ("name", "description") if name in known.body}
            item: Json = {"space": body["space"], "externalId": body["externalId"], "properties": properties, **rest}
            missing.append(Definition(item, place))
    return missing


# --- where instances go, and through which views ---


def views_of(store: Store, models: Iterable[Model]) -> list[ViewId]:
    """The views of data models that were read; of all there are, if none was."""
    named = [view for model in models for each in model.data_models for view in each.body["views"]]
    if not named:
        import json

        with store.reading() as db:
            bodies = [json.loads(text) for (text,) in db.execute("SELECT body FROM data_model ORDER BY number")]
        named = [view for body in bodies for view in body["views"]]
    found = dict.fromkeys(ViewId(view["space"], view["externalId"], view["version"]) for view in named)
    missing = [view for view in found if view not in store.catalog.views]
    if missing:
        _log.warning("no mock data for views that are not there: %s", ", ".join(map(str, missing)))
    return [view for view in found if view in store.catalog.views]


def instance_space(store: Store, models: Iterable[Model]) -> str:
    """
    Where instances go that name no space: a space that was declared and holds no schema, else that of a data model.

    A space of the system holds nobody's data.
    """
    catalog = store.catalog
    schema = {each.space for each in catalog.containers} | {each.space for each in catalog.views}
    models = list(models)
    declared = [each.body["space"] for model in models for each in model.spaces]
    candidates = [
        *(space for space in declared if space not in schema),
        *(each.body["space"] for model in models for each in model.data_models),
        *(each.space for each in catalog.views),
    ]
    return next((space for space in candidates if space not in catalog.global_spaces), "mock_data")
