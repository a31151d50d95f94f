"""
The keys of the configuration, in one table.

The parser (`config`) and the JSON Schema for editors (`schema`) are both made from it, so they cannot disagree about
which keys there are, what type each has and what it means.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

__all__ = [
    "BUILT_IN_TARGETS",
    "DIFF_KEYS",
    "ENVIRONMENT_KEYS",
    "PROJECT_KEYS",
    "REMOTE_KEYS",
    "SDK_KEYS",
    "TARGET_KEYS",
    "Key",
    "Kind",
    "Pattern",
]

Kind = Literal["string", "boolean", "strings", "table", "tables"]

BUILT_IN_TARGETS: tuple[str, ...] = ("python",)
"""Targets that are known without scanning the entry points of every installed distribution."""


class Pattern(NamedTuple):
    """
    What a string must look like.

    Attributes:
        regex: Anchored, and written so that Python and ECMA 262 (JSON Schema) read it alike.
        says: The rule in words, for error messages.
    """

    regex: str
    says: str
    not_keyword: bool = False

    def accepts(self, value: str) -> bool:
        """Whether *value* follows the rule."""
        if not re.fullmatch(self.regex, value):
            return False
        return not (self.not_keyword and any(keyword.iskeyword(part) for part in value.split(".")))


# The patterns of DMS identifiers are those of its OpenAPI document, version 20230101.
_SPACE = Pattern(
    r"^[a-zA-Z][a-zA-Z0-9_-]{0,41}[a-zA-Z0-9]?$",
    "a space has 1-43 letters, digits, `_` and `-`, and starts with a letter",
)
_EXTERNAL_ID = Pattern(
    r"^[a-zA-Z]([a-zA-Z0-9_]{0,253}[a-zA-Z0-9])?$",
    "an external id of a data model has 1-255 letters, digits and `_`, and starts with a letter",
)
_VERSION = Pattern(
    r"^[a-zA-Z0-9]([.a-zA-Z0-9_-]{0,41}[a-zA-Z0-9])?$",
    "a version has 1-43 letters, digits, `.`, `_` and `-`",
)
_IDENTIFIER = Pattern(r"^[A-Za-z_][A-Za-z0-9_]*$", "it must be an identifier", not_keyword=True)
_DOTTED = Pattern(
    r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$",
    "it must be an import path, e.g. `windfarm.sdk`",
    not_keyword=True,
)
_NAME = Pattern(r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$", "a name has letters, digits, `.`, `_` and `-`")
_VARIABLE_PREFIX = Pattern(r"^[A-Za-z_][A-Za-z0-9_]*$", "it starts names of environment variables, e.g. `PROD_`")
_IGNORED = Pattern(
    r"^PYG[0-9]{3}( [^\u0000]+)?$",
    "it must be a code, and after a blank perhaps a pattern of places, e.g. `PYG304 sp_windfarm:Blade*`",
)
_NOT_EMPTY = Pattern(r"^[^\u0000]+$", "it must not be empty")


class Key(NamedTuple):
    """
    One key of a table.

    Attributes:
        kind: The type of its value.
        about: One sentence for the schema and the documentation.
        required: Whether a table without it is refused.
        default: What its absence means; None where there is no default or where it is derived.
        pattern: What a string, each string of an array, or each name of several tables must look like.
        keys: The keys of a nested table, or of each of several named ones (`tables`).
    """

    kind: Kind
    about: str
    required: bool = False
    default: bool | tuple[str, ...] | None = None
    pattern: Pattern | None = None
    keys: Mapping[str, Key] | None = None


REMOTE_KEYS: Mapping[str, Key] = {
    "space": Key("string", "Space of the data model in CDF.", required=True, pattern=_SPACE),
    "external_id": Key("string", "External id of the data model in CDF.", required=True, pattern=_EXTERNAL_ID),
    "version": Key("string", "Version of the data model in CDF.", required=True, pattern=_VERSION),
}

SDK_KEYS: Mapping[str, Key] = {
    "name": Key("string", "Name of the SDK; told apart by it where there are several.", pattern=_NAME),
    "model": Key(
        "string",
        "The committed model, relative to this file: a snapshot in JSON or YAML, a toolkit folder, or a GraphQL file.",
        required=True,
        pattern=_NOT_EMPTY,
    ),
    "remote": Key("table", "The data model in CDF that the snapshot is a copy of.", keys=REMOTE_KEYS),
    "include": Key(
        "strings",
        "Views to generate: patterns over `ExternalId`, `space:ExternalId` or `space:ExternalId(version)`.",
        default=("*",),
        pattern=_NOT_EMPTY,
    ),
    "exclude": Key(
        "strings",
        "Views to leave out: patterns of the same kind; they win over `include`.",
        default=(),
        pattern=_NOT_EMPTY,
    ),
    "strict": Key("boolean", "Whether a warning about the model is an error.", default=False),
}

TARGET_KEYS: Mapping[str, Key] = {
    "output": Key(
        "string",
        "The folder of the generated package itself, relative to this file.",
        required=True,
        pattern=_NOT_EMPTY,
    ),
    "package": Key(
        "string",
        "Import path of the generated package; by default `output` without a leading `src/`.",
        pattern=_DOTTED,
    ),
    "client_name": Key(
        "string",
        "Class name of the client; by default the data model's external id in PascalCase, plus `Client`.",
        pattern=_IDENTIFIER,
    ),
    "instance_space": Key("string", "Default space of written instances.", pattern=_SPACE),
    "templates": Key(
        "string",
        "A folder, relative to this file, whose templates replace the built-in ones of the same name.",
        pattern=_NOT_EMPTY,
    ),
    "format": Key("boolean", "Whether the target's formatter runs over the generated files.", default=False),
}

ENVIRONMENT_KEYS: Mapping[str, Key] = {
    "prefix": Key(
        "string",
        "What the environment variables of the connection start with: `PROD_` means `PROD_CDF_PROJECT` and so on.",
        pattern=_VARIABLE_PREFIX,
    ),
    "toml": Key("string", "A TOML file with the connection, relative to this file.", pattern=_NOT_EMPTY),
    "table": Key("string", "The table of that file; by default `cognite`.", pattern=_NOT_EMPTY),
}

DIFF_KEYS: Mapping[str, Key] = {
    "ignore": Key(
        "strings",
        "Changes that `pygen diff` passes over: a code, and after a blank perhaps a pattern of places.",
        default=(),
        pattern=_IGNORED,
    ),
}

PROJECT_KEYS: Mapping[str, Key] = {
    "environments": Key(
        "tables", "Connections to CDF by name, for `--env`; secrets stay outside.", pattern=_NAME, keys=ENVIRONMENT_KEYS
    ),
    "diff": Key("table", "What `pygen diff` passes over.", keys=DIFF_KEYS),
}
"""Tables of the whole project: beside the keys of its only SDK, or beside `[[sdk]]`."""
