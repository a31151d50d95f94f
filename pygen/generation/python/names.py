"""
The names that Python and our runtime need for themselves.

Tables rather than introspection: what a property is called must not depend on which interpreter, which pydantic or
which runtime is installed where the code is generated. Tests keep them equal to what the classes really have. Each
also holds the names that are planned, so that a later version of the runtime does not push a user's name aside.
"""

from __future__ import annotations

__all__ = [
    "CLIENT_NAMES",
    "EDGE_FILTER_NAMES",
    "EDGE_NAMES",
    "FILTER_NAMES",
    "KEYWORDS",
    "MODULE_NAMES",
    "PARAMETER_NAMES",
    "PYDANTIC_NAMES",
    "RESOURCE_NAMES",
    "WRITE_NAMES",
]

KEYWORDS = frozenset(
    [
        *("False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def"),
        *("del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda"),
        *("nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield"),
    ]
)
"""Hard keywords; the soft ones (`match`, `case`, `type`) are good names."""

PYDANTIC_NAMES = frozenset(
    [
        *("construct", "copy", "dict", "from_orm", "json", "parse_file", "parse_obj", "parse_raw", "schema"),
        *("schema_json", "update_forward_refs", "validate"),
        *("model_computed_fields", "model_config", "model_construct", "model_copy", "model_dump", "model_dump_json"),
        *("model_extra", "model_fields", "model_fields_set", "model_json_schema", "model_parametrized_name"),
        *("model_post_init", "model_rebuild", "model_validate", "model_validate_json", "model_validate_strings"),
    ]
)
"""Public names of `pydantic.BaseModel`: a field of such a name shadows what it needs, or is refused."""

RESOURCE_NAMES = frozenset(
    [
        *("space", "external_id", "version", "created_time", "last_updated_time", "node_type"),
        *("refresh", "save", "delete", "load", "load_now", "as_write", "as_node_id", "as_child_class"),
        *("arefresh", "asave", "adelete", "aload", "aas_child_class"),
    ]
)
"""Names of `PygenResource`, besides pydantic's."""

EDGE_NAMES = frozenset(["edge_type", "start_node", "end_node", "as_edge_id"])
"""What `PygenEdge` and `PygenEdgeWrite` add."""

WRITE_NAMES = frozenset(["space", "external_id", "existing_version", "node_type", "as_node_id"])
"""Names of `PygenWrite`, besides pydantic's."""

FILTER_NAMES = frozenset(["space", "external_id", "external_id_prefix", "narrow"])
"""Keywords that every view has: the keys of `InstanceFilters`."""

PARAMETER_NAMES = frozenset(["self", "text", "where"])
"""Parameters of `list` and `search`. They are positional only, yet pyright wants keywords to be called otherwise."""

EDGE_FILTER_NAMES = frozenset(["edge_type", "start_node", "end_node"])
"""Keyword filters that `EdgeFilters` adds."""

CLIENT_NAMES = frozenset(
    [
        *("from_env", "from_toml", "from_client", "close", "aclose", "client", "instance_space"),
        *("diagram", "request_count", "clear_cache"),
        *("upsert", "delete", "retrieve", "query", "search", "sync"),
    ]
)
"""Public names of `SdkClient` and `AsyncSdkClient`: the names of view APIs are attributes beside them."""

MODULE_NAMES = frozenset(
    ["aux", "con", "nul", "prn", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))]
)
"""What Windows does not take as a file name, whatever the ending."""
