"""
Rules for identifiers, alone and inside references (dms-api.md 8.1 and appendix D).

Every check appends what it finds; none raises. Only what the service is sure to refuse is a problem: references follow
the wider patterns of declarations, and words are reserved only where something is declared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from pygen.client.exceptions import DmsInputError, InputProblem

if TYPE_CHECKING:
    from pygen.client.models.ids import ContainerId, DataModelId, ViewId

__all__ = [
    "INSTANCE_TYPE",
    "Problems",
    "as_list",
    "as_object",
    "check_choice",
    "check_container_id",
    "check_container_reference",
    "check_data_model_id",
    "check_external_id",
    "check_identifier",
    "check_instance_external_id",
    "check_instance_type",
    "check_node_reference",
    "check_property_name",
    "check_property_reference",
    "check_source_reference",
    "check_space",
    "check_version",
    "check_view_id",
    "check_view_reference",
    "external_id_fault",
    "instance_external_id_fault",
    "raise_for",
    "shown",
    "space_fault",
    "version_fault",
]

Problems: TypeAlias = list[InputProblem]
"""What was found so far; checks append to it."""

_SPACE = "1-43 characters: a letter first, then letters, digits, _ and -; as the 43rd a letter or digit"
_EXTERNAL_ID = "1-255 characters: a letter first, then letters, digits and _, and a letter or digit last"
_VERSION = "1-43 characters: letters, digits, '.', _ and -, with a letter or digit first and last"
_PROPERTY = "1-255 characters: a letter or digit first, then letters, digits, _ and -; as the 255th a letter or digit"
_INSTANCE = "1-256 characters without NUL"
_IDENTIFIER = "1-43 characters"
INSTANCE_TYPE = "'node' or 'edge'"


def _matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a text matches as a whole; remembered, because schema identifiers come again and again."""
    fullmatch = re.compile(pattern).fullmatch
    return lru_cache(maxsize=4096)(lambda text: fullmatch(text) is not None)


_is_space = _matcher(r"[a-zA-Z][a-zA-Z0-9_-]{0,41}[a-zA-Z0-9]?")
_is_external_id = _matcher(r"[a-zA-Z](?:[a-zA-Z0-9_]{0,253}[a-zA-Z0-9])?")
_is_version = _matcher(r"[a-zA-Z0-9](?:[.a-zA-Z0-9_-]{0,41}[a-zA-Z0-9])?")
_is_property = _matcher(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,253}[a-zA-Z0-9]?")


def shown(value: object) -> str:
    """What was given, short enough for a message: texts, numbers and the like as they are, the rest by its kind."""
    if value is None or isinstance(value, bool | int | float | str):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:60]}... ({len(text)} characters)"
    if isinstance(value, Mapping):
        return "an object"
    return "a list" if isinstance(value, list | tuple) else f"a {type(value).__name__}"


def raise_for(problems: Problems, *, operation: str, project: str = "") -> None:
    """
    Raise one error with all *problems*; none, no error.

    Raises:
        DmsInputError: There are problems.
    """
    if problems:
        raise DmsInputError(problems, operation=operation, project=project)


def _fault(value: object, is_right: Callable[[str], bool], rule: str) -> str | None:
    if isinstance(value, str) and is_right(value):
        return None
    return f"must be {rule}; got {shown(value)}"


def space_fault(value: object) -> str | None:
    """What is wrong with a space; None: nothing."""
    return _fault(value, _is_space, _SPACE)


def external_id_fault(value: object) -> str | None:
    """What is wrong with the external id of a view, a container or a data model; None: nothing."""
    return _fault(value, _is_external_id, _EXTERNAL_ID)


def version_fault(value: object) -> str | None:
    """What is wrong with the version of a view or a data model; None: nothing."""
    return _fault(value, _is_version, _VERSION)


def instance_external_id_fault(value: object) -> str | None:
    """What is wrong with the external id of an instance; None: nothing."""
    if isinstance(value, str) and 0 < len(value) <= 256 and "\0" not in value:
        return None
    return f"must be {_INSTANCE}; got {shown(value)}"


def _note(fault: str | None, where: str, problems: Problems) -> None:
    if fault is not None:
        problems.append(InputProblem(where, fault))


def check_space(value: object, where: str, problems: Problems) -> None:
    """A space, in a reference; reserved words are the business of `check_space_item`."""
    _note(space_fault(value), where, problems)


def check_external_id(value: object, where: str, problems: Problems) -> None:
    """The external id of a view, a container or a data model."""
    _note(external_id_fault(value), where, problems)


def check_version(value: object, where: str, problems: Problems) -> None:
    """The version of a view or a data model."""
    _note(version_fault(value), where, problems)


def check_property_name(value: object, where: str, problems: Problems) -> None:
    """
    The name of a property of a container or a view.

    The narrower pattern of references (no `-`, no leading digit) is not used: what may be declared can be referred to.
    """
    _note(_fault(value, _is_property, _PROPERTY), where, problems)


def check_instance_external_id(value: object, where: str, problems: Problems) -> None:
    """The external id of a node or an edge."""
    _note(instance_external_id_fault(value), where, problems)


def check_identifier(value: object, where: str, problems: Problems) -> None:
    """The identifier of a constraint or an index."""
    _note(_fault(value, lambda text: 0 < len(text) <= 43, _IDENTIFIER), where, problems)


def check_instance_type(value: object, where: str, problems: Problems) -> None:
    """`node` or `edge`; None means `node` to the service."""
    check_choice(value, ("node", "edge"), where, problems)


def check_choice(value: object, choices: Collection[str], where: str, problems: Problems) -> None:
    """One of *choices*, or None for the service's own choice."""
    if value is not None and value not in tuple(choices):
        problems.append(InputProblem(where, f"must be {' or '.join(map(repr, choices))}; got {shown(value)}"))


def as_object(value: object, where: str, problems: Problems) -> Mapping[str, Any] | None:
    """The value, if it is a JSON object; else None and a problem."""
    if isinstance(value, Mapping):
        return value
    problems.append(InputProblem(where, f"must be an object; got {shown(value)}"))
    return None


def as_list(value: object, where: str, problems: Problems, *, least: int = 0, most: int | None = None) -> list[Any]:
    """The value, if it is a list; else an empty one and a problem, and a problem if it is too short or too long."""
    if not isinstance(value, list | tuple):
        problems.append(InputProblem(where, f"must be a list; got {shown(value)}"))
        return []
    if len(value) < least:
        problems.append(InputProblem(where, f"must have at least {least} of them; got {len(value)}"))
    if most is not None and len(value) > most:
        problems.append(InputProblem(where, f"must have at most {most} of them; got {len(value)}"))
    return list(value)


def check_view_id(view: ViewId, where: str, problems: Problems) -> None:
    """The identifier of a view."""
    _check_parts(view, where, problems)
    check_version(view.version, f"{where}.version", problems)


def check_data_model_id(model: DataModelId, where: str, problems: Problems) -> None:
    """The identifier of a data model."""
    _check_parts(model, where, problems)
    check_version(model.version, f"{where}.version", problems)


def check_container_id(container: ContainerId, where: str, problems: Problems) -> None:
    """The identifier of a container."""
    _check_parts(container, where, problems)


def _check_parts(found: ViewId | DataModelId | ContainerId, where: str, problems: Problems) -> None:
    check_space(found.space, f"{where}.space", problems)
    check_external_id(found.external_id, f"{where}.externalId", problems)


def check_view_reference(value: object, where: str, problems: Problems, *, versioned: bool = True) -> None:
    """
    A view as bodies name it, with its `type`.

    Args:
        value: What stands there.
        where: Its place.
        problems: Appended to.
        versioned: Whether the version must be there; `implements` may leave it out (dms-api.md 3.5).
    """
    reference = as_object(value, where, problems)
    if reference is None:
        return
    if reference.get("type") != "view":
        problems.append(InputProblem(f"{where}.type", f"must be 'view'; got {shown(reference.get('type'))}"))
    check_space(reference.get("space"), f"{where}.space", problems)
    check_external_id(reference.get("externalId"), f"{where}.externalId", problems)
    if versioned or reference.get("version") is not None:
        check_version(reference.get("version"), f"{where}.version", problems)


def check_container_reference(value: object, where: str, problems: Problems) -> None:
    """A container as bodies name it, with its `type`."""
    reference = as_object(value, where, problems)
    if reference is None:
        return
    if reference.get("type") != "container":
        problems.append(InputProblem(f"{where}.type", f"must be 'container'; got {shown(reference.get('type'))}"))
    check_space(reference.get("space"), f"{where}.space", problems)
    check_external_id(reference.get("externalId"), f"{where}.externalId", problems)


def check_source_reference(value: object, where: str, problems: Problems) -> None:
    """A view or a container as bodies name it; `type` tells which."""
    kind = value.get("type") if isinstance(value, Mapping) else None
    if kind == "container":
        check_container_reference(value, where, problems)
    elif kind == "view" or not isinstance(value, Mapping):
        check_view_reference(value, where, problems)
    else:
        problems.append(InputProblem(f"{where}.type", f"must be 'view' or 'container'; got {shown(kind)}"))


def check_node_reference(value: object, where: str, problems: Problems) -> None:
    """A node as bodies name it: `space` and `externalId`."""
    reference = as_object(value, where, problems)
    if reference is not None:
        check_space(reference.get("space"), f"{where}.space", problems)
        check_instance_external_id(reference.get("externalId"), f"{where}.externalId", problems)


def check_property_reference(value: object, where: str, problems: Problems) -> None:
    """
    A property in a filter or a sort: `[node, name]`, or a space, a container or `view/version`, and a name.

    Dms-api.md 5.1; which properties there are is for the service to say.
    """
    if not (isinstance(value, list | tuple) and len(value) in (2, 3) and all(_is_part(part) for part in value)):
        rule = "['node' or 'edge', name] or [space, container or 'view/version', name]"
        given = str(list(value)) if isinstance(value, list | tuple) else shown(value)
        problems.append(InputProblem(where, f"must be {rule}; got {given[:100]}"))


def _is_part(part: object) -> bool:
    return isinstance(part, str) and part != ""
