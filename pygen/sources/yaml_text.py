"""
YAML as model files hold it: the data that JSON can say, and nothing cleverer.

YAML 1.1 reads `no` as false, `2024-01-01` as a date, `1_000` and `1:30` as numbers. In a data model all of these are
far more often somebody's external id. So plain scalars are read as JSON would read them, and stay text otherwise;
under keys whose value is text by definition (`version: 1`, `externalId: 7`) they are text whatever they look like.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pygen.errors import ConfigError, MissingExtraError
from pygen.sources.json_text import refuse_surrogates

if TYPE_CHECKING:
    from yaml.nodes import MappingNode, Node, ScalarNode

__all__ = ["read_yaml"]

_TEXT_KEYS = frozenset(
    {
        "collation",
        "connectionType",
        "constraintType",
        "containerPropertyIdentifier",
        "description",
        "direction",
        "externalId",
        "identifier",
        "indexType",
        "name",
        "sourceUnit",
        "space",
        "type",
        "unknownValue",
        "usedFor",
        "version",
    }
)
_TEXT_LIST_KEYS = frozenset({"properties", "property"})
_FREE_KEYS = frozenset({"defaultValue"})
"""Below these keys stands somebody's data, where `name: 1` is a number."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_TEXT_TAG = "tag:yaml.org,2002:str"
_NO_TAG = ""
_PLAIN_TAGS = frozenset({_NO_TAG, _TEXT_TAG, "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


def read_yaml(text: str, *, place: str, free: frozenset[str] = _FREE_KEYS) -> Any:
    """
    Parse YAML into what JSON could have said.

    Args:
        text: One document.
        place: What to call it in errors, such as the path of the file.
        free: Keys below which no key's value is text by definition.

    Raises:
        MissingExtraError: PyYAML is not installed.
        ConfigError: It is not YAML, names a key twice, or uses tags or merge keys; with line and column.
    """
    try:
        import yaml
    except ImportError as error:
        raise MissingExtraError(f"reading {place}", extra="build", module="yaml") from error
    parser: type[yaml.BaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # C is not in every build of PyYAML

    class Loader(parser):  # type: ignore[valid-type, misc]
        """Tells nodes without a tag from those whose author wrote one: `!!str 1` is text."""

        def resolve(self, *_: Any) -> str:
            return _NO_TAG

    try:
        root = yaml.compose(text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise ConfigError(f"not valid YAML: {error.problem or error.context}{where}", key=place) from error
    except (yaml.YAMLError, ValueError) as error:  # characters that YAML forbids
        raise ConfigError(f"not valid YAML: {error}", key=place) from error
    except RecursionError as error:
        raise ConfigError("not readable: nested too deeply", key=place) from error
    if root is None:
        return None
    try:
        value = _Builder(place, free).build(root, key="", free=False)
    except RecursionError as error:
        raise ConfigError("not readable: nested too deeply", key=place) from error
    refuse_surrogates(value, place=place)
    return value


class _Builder:
    """Turns YAML nodes into JSON-like values; an anchor's node is built for each alias, in its own place."""

    def __init__(self, place: str, free: frozenset[str]) -> None:
        self.place = place
        self.free_keys = free
        self.open: set[int] = set()

    def build(self, node: Node, *, key: str, free: bool) -> Any:
        from yaml.nodes import MappingNode, ScalarNode, SequenceNode

        if node.tag not in _PLAIN_TAGS:
            raise self.error(f"tag {node.tag.removeprefix('tag:yaml.org,2002:')!r} is not supported", node)
        if isinstance(node, ScalarNode):
            return self.scalar(node, as_text=not free and key in _TEXT_KEYS)
        if id(node) in self.open:
            raise self.error("an anchor contains itself", node)
        self.open.add(id(node))
        value: Any
        if isinstance(node, MappingNode):
            value = self.mapping(node, free=free)
        else:
            assert isinstance(node, SequenceNode)
            item_key = "name" if key in _TEXT_LIST_KEYS else ""  # `name` stands for any key whose value is text
            value = [self.build(item, key=item_key, free=free) for item in node.value]
        self.open.discard(id(node))
        return value

    def mapping(self, node: MappingNode, *, free: bool) -> dict[str, Any]:
        from yaml.nodes import ScalarNode

        value: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                raise self.error("a key must be text", key_node)
            name: str = key_node.value
            if name == "<<" and not key_node.style:
                raise self.error("merge keys (<<) are not supported", key_node)
            if name in value:
                raise self.error(f"the key {name!r} stands twice in one mapping", key_node)
            value[name] = self.build(value_node, key=name, free=free or name in self.free_keys)
        return value

    def scalar(self, node: ScalarNode, *, as_text: bool) -> Any:
        text: str = node.value
        if node.style or node.tag == _TEXT_TAG:  # the style of plain scalars is None or '', depending on the parser
            return text
        if text in _NULLS:
            return None
        if as_text:
            return text
        try:
            return _plain(text)
        except ValueError as error:  # an integer of thousands of digits
            raise self.error(str(error), node) from error

    def error(self, message: str, node: Node) -> ConfigError:
        mark = node.start_mark
        return ConfigError(f"{message} (line {mark.line + 1}, column {mark.column + 1})", key=self.place)


def _plain(text: str) -> bool | int | float | str:
    """Read an unquoted scalar as JSON would; text is what JSON has no word for."""
    if text in _BOOLS:
        return _BOOLS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
