"""
YAML as model files hold it: the data that JSON can say, and nothing cleverer.

YAML 1.1 reads `no` as false, `2024-01-01` as a date, `1_000` and `1:30` as numbers. In a data model all of these are
far more often somebody's external id. So plain scalars are read as JSON would read them, and stay text otherwise;
under keys whose value is text by definition (`version: 1`, `externalId: 7`) they are text whatever they look like.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from pygen.errors import ConfigError, MissingExtraError
from pygen.sources.json_text import refuse_surrogates

if TYPE_CHECKING:
    from yaml.nodes import MappingNode, Node, ScalarNode

__all__ = ["FREE_KEYS", "Plain", "Slots", "as_written", "read_yaml", "write_yaml"]

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
FREE_KEYS = frozenset({"defaultValue"})
"""Below these keys stands somebody's data, where `name: 1` is a number."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_ANOTHER_DOCUMENT = "but found another document"
_MERGE = "<<"
_MOST_COPIES = 100_000
"""How many values may be read from the anchors of others; a few lines could otherwise say billions of values."""
_TEXT_TAG = "tag:yaml.org,2002:str"
_NO_TAG = ""
_PLAIN_TAGS = frozenset({_NO_TAG, _TEXT_TAG, "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


class Plain(str):
    """A scalar without quotes, as it is written."""

    __slots__ = ()


class Slots(NamedTuple):
    """
    Marks in a text that stand for values.

    Attributes:
        mark: What a mark looks like, with its number as the first group.
        value: The value of a mark: what JSON can say, or `Plain`.
    """

    mark: re.Pattern[str]
    value: Callable[[str], Any]


def as_written(value: Any) -> str:
    """A value as it stands in the middle of a text."""
    if isinstance(value, list):
        return f"[{', '.join(as_written(each) for each in value)}]"
    return value if isinstance(value, str) else json.dumps(value)


def read_yaml(
    text: str,
    *,
    place: str,
    free: frozenset[str] = FREE_KEYS,
    keep_plain: bool = False,
    slots: Slots | None = None,
) -> Any:
    """
    Parse YAML into what JSON could have said.

    Args:
        text: One document.
        place: What to call it in errors, such as the path of the file.
        free: Keys below which no key's value is text by definition.
        keep_plain: Leave scalars without quotes as they are written, as `Plain`, for whoever writes them elsewhere.
        slots: Values to put in place of marks. One that is a whole scalar keeps its kind, be there quotes around the
            mark or not; others become part of the text.

    Raises:
        MissingExtraError: PyYAML is not installed.
        ConfigError: It is not YAML, names a key twice, or uses tags; with line and column.
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
        hint = "write a list instead of several documents" if error.problem == _ANOTHER_DOCUMENT else ""
        raise ConfigError(f"not valid YAML: {error.problem or error.context}{where}", key=place, hint=hint) from error
    except (yaml.YAMLError, ValueError) as error:  # characters that YAML forbids
        raise ConfigError(f"not valid YAML: {error}", key=place) from error
    except RecursionError as error:
        raise ConfigError("not readable: nested too deeply", key=place) from error
    if root is None:
        return None
    try:
        value = _Builder(place, free, keep_plain=keep_plain, slots=slots).build(root, key="", free=False)
    except RecursionError as error:
        raise ConfigError("not readable: nested too deeply", key=place) from error
    refuse_surrogates(value, place=place)
    return value


def write_yaml(value: Any, *, place: str) -> str:
    """
    Write what `read_yaml` reads as the same value: in block style, with sorted keys.

    Args:
        value: What JSON can say.
        place: What to call it in errors, such as the path of the file.

    Raises:
        MissingExtraError: PyYAML is not installed.
    """
    try:
        import yaml
    except ImportError as error:
        raise MissingExtraError(f"writing {place}", extra="build", module="yaml") from error

    class Dumper(yaml.SafeDumper):
        """Writes each value in its own place, and quotes text that this reader, or another one, takes for more."""

        def ignore_aliases(self, _: Any) -> bool:
            return True

    def represent(dumper: Dumper, text: str) -> ScalarNode:
        return dumper.represent_scalar(_TEXT_TAG, text, style=None if _OBVIOUS.fullmatch(text) else '"')

    Dumper.add_representer(str, represent)
    text: str = yaml.dump(
        value, Dumper=Dumper, default_flow_style=False, sort_keys=True, allow_unicode=True, width=_ONE_LINE
    )
    return text


_OBVIOUS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""Text that is hardly ever anything else; the exceptions (`no`, `null`) are quoted by PyYAML."""

_ONE_LINE = 1 << 30


class _Builder:
    """Turns YAML nodes into JSON-like values; an anchor's node is built for each alias, in its own place."""

    def __init__(self, place: str, free: frozenset[str], *, keep_plain: bool, slots: Slots | None) -> None:
        self.place = place
        self.free_keys = free
        self.keep_plain = keep_plain
        self.slots = slots
        self.open: set[int] = set()
        self.built: set[int] = set()
        self.copies = 0

    def build(self, node: Node, *, key: str, free: bool) -> Any:
        from yaml.nodes import MappingNode, ScalarNode, SequenceNode

        if id(node) in self.built:
            self.copies += 1
            if self.copies > _MOST_COPIES:
                raise self.error(f"anchors are repeated into more than {_MOST_COPIES:,} values", node)
        self.built.add(id(node))
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
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                raise self.error("a key must be text", key_node)
            name = self.filled(key_node.value)
            if name == _MERGE and not key_node.style:
                merged = {**self.merged(value_node, free=free), **merged}
                continue
            if name in value:
                raise self.error(f"the key {name!r} stands twice in one mapping", key_node)
            value[name] = self.build(value_node, key=name, free=free or name in self.free_keys)
        return {**merged, **value}

    def merged(self, node: Node, *, free: bool) -> dict[str, Any]:
        """What a merge key brings: a mapping, or several of which the first wins."""
        from yaml.nodes import SequenceNode

        value = self.build(node, key="", free=free)
        found = value if isinstance(node, SequenceNode) else [value]
        if not all(isinstance(each, dict) for each in found):
            raise self.error("a merge key (<<) must name mappings", node)
        return {key: each[key] for each in reversed(found) for key in each}

    def scalar(self, node: ScalarNode, *, as_text: bool) -> Any:
        text: str = node.value
        if self.slots is not None and (whole := self.slots.mark.fullmatch(text)) is not None:
            return self.slotted(self.slots.value(whole[1]), node, as_text=as_text)
        text = self.filled(text)
        if node.style or node.tag == _TEXT_TAG:  # the style of plain scalars is None or '', depending on the parser
            return text
        return Plain(text) if self.keep_plain else self.plain(text, node, as_text=as_text)

    def plain(self, text: str, node: ScalarNode, *, as_text: bool) -> Any:
        if text in _NULLS:
            return None
        if as_text:
            return text
        try:
            return _plain(text)
        except ValueError as error:  # thousands of digits, say
            raise self.error(str(error), node) from error

    def slotted(self, value: Any, node: ScalarNode, *, as_text: bool) -> Any:
        """The value of a mark that is a whole scalar."""
        if isinstance(value, list):
            return [self.slotted(each, node, as_text=as_text) for each in value]
        if isinstance(value, Plain):
            return self.plain(str(value), node, as_text=as_text)
        return as_written(value) if as_text and value is not None else value

    def filled(self, text: str) -> str:
        """A text with values in place of marks."""
        slots = self.slots
        return text if slots is None else slots.mark.sub(lambda found: as_written(slots.value(found[1])), text)

    def error(self, message: str, node: Node) -> ConfigError:
        mark = node.start_mark
        return ConfigError(f"{message} (line {mark.line + 1}, column {mark.column + 1})", key=self.place)


def _plain(text: str) -> bool | int | float | str:
    """Read an unquoted scalar as JSON would; text is what JSON has no word for."""
    if text in _BOOLS:
        return _BOOLS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) is None:
        return text
    number = float(text)
    if math.isinf(number):
        raise ValueError("too large a number")
    return number
