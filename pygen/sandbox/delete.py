"""Deleting instances (dms-api.md 4.6): they stay for sync to tell of, and may come back as new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from pygen.sandbox.instance_rows import KINDS, InstanceKey, find_instances, soft_delete, version_conflict
from pygen.sandbox.schema_rows import check_space
from pygen.sandbox.shapes import Shape

if TYPE_CHECKING:
    from pygen.sandbox.store import Store

__all__ = ["delete_instances", "delete_keys"]

Json = dict[str, Any]


class _Body(Shape):
    items: Annotated[list[InstanceKey], Field(min_length=1, max_length=1000)]


def delete_instances(store: Store, body: Json, _params: Mapping[str, str]) -> Json:
    """
    `POST /models/instances/delete`: nodes go with the edges that they have.

    Raises:
        Refusal: The body has another form, or a space does not exist.
    """
    request = _Body.read(body)
    with store.writing():
        return {"items": delete_keys(store, request.items)}


def delete_keys(
    store: Store, keys: Sequence[InstanceKey], *, skip_conflicts: bool = False, as_system: bool = False
) -> list[Json]:
    """
    Delete instances; within `store.writing`.

    Args:
        store: The project.
        keys: Which.
        skip_conflicts: Whether an instance that is newer than its `existingVersion` is kept; False: it is refused.
        as_system: Whether instances in the system's spaces may be deleted.

    Returns:
        Those that there were, as answers name them, in the order of *keys*.

    Raises:
        Refusal: A space does not exist or is the system's, or an instance is newer.
    """
    check_space(store, (key.space for key in keys), is_global=as_system)
    rows = find_instances(store, {(key.space, key.external_id) for key in keys})
    gone: dict[int, InstanceKey] = {}
    for key in keys:
        row = rows.get((key.space, key.external_id))
        if row is None or row.deleted is not None or row.kind != KINDS[key.instance_type]:
            continue
        if key.existing_version is not None and row.version > key.existing_version:
            if skip_conflicts:
                continue
            raise version_conflict(store)
        gone.setdefault(row.id, key)
    soft_delete(store, list(gone))
    return [key.answer() for key in gone.values()]
