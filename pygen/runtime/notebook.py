"""
How notebooks show instances, results, queries and clients: small tables, in HTML.

Nothing here asks the service: a relation that is not loaded is shown as that. Every text is escaped, since it may come
from anybody. Colours are those of the notebook, so that light and dark themes are both readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any

from pygen.client.models.ids import EdgeId, NodeId
from pygen.runtime import _state
from pygen.runtime.lazy import Api, Direct
from pygen.runtime.wording import counted, parts_of, short, title_of

if TYPE_CHECKING:
    from pygen.runtime.base import PygenResource
    from pygen.runtime.lazy import Relation
    from pygen.runtime.sdk import _Sdk
    from pygen.runtime.spec import QuerySpec
    from pygen.runtime.upsert_results import UpsertResult

__all__ = ["client_html", "common_kind", "items_html", "query_html", "resource_html", "upsert_html", "view_apis"]

_SHOWN_ITEMS = 20
"""Rows of a table."""
_SHOWN_FIELDS = 10
"""Columns of a table of instances."""
_SHOWN_APIS = 100
"""View APIs that are listed with a line about each, which takes an import of the view's module; more are only named."""
_LONGEST = 60
"""Characters of a value in a table of instances."""
_LONGEST_ALONE = 300
"""Characters of a value of the only instance that is shown."""

# One more element than notebooks have in their own rules, which align cells to the right.
_STYLE = (
    "<style>table.pygen{border-collapse:collapse;margin:.3em 0}"
    "table.pygen td,table.pygen th{text-align:left;vertical-align:top;padding:.15em .6em;"
    "border-bottom:1px solid rgba(128,128,128,.35);overflow-wrap:anywhere}"
    ".pygen-dim{opacity:.65}</style>"
)


# --- instances ---


def resource_html(resource: PygenResource) -> str:
    """An instance as a table: its fields with their values, then its relations, of which none is fetched."""
    kind, values = type(resource), resource.__dict__
    rows = [
        (_text(name), _cell(values[name], _LONGEST_ALONE))
        for name in (*_identity(kind), *kind.__pygen_props__)
        if name in values
    ]
    rows += [(_text(name), _relation(resource, relation)) for name, relation in kind.__pygen_relations__.items()]
    info = getattr(kind, "__pygen__", None)
    return _block(kind.__name__, "" if info is None else str(info.view), _table((), rows, named=True))


def _identity(kind: type[PygenResource]) -> list[str]:
    """The fields of every instance."""
    return [name for name in kind.__pydantic_fields__ if name not in kind.__pygen_props__]


def _relation(resource: PygenResource, relation: Relation) -> str:
    """What is known about where a relation leads to."""
    found = _state.loaded(resource).get(relation.name, _state.MISSING)
    if found is _state.MISSING:
        stored = isinstance(relation.spec, Direct) and relation.spec.field in resource.__dict__
        nothing = stored and not resource.__dict__[getattr(relation.spec, "field", "")]
        return _dim("none" if nothing else "not loaded")
    if found is None or (isinstance(found, list | tuple) and relation.many and not found):
        return _dim("none")
    if relation.many:
        return _text(f"{len(found):,} loaded")
    return _cell(found.node if relation.linked else found, _LONGEST_ALONE)


def common_kind(items: Sequence[PygenResource]) -> type[PygenResource]:
    """The nearest class that all items have in common."""
    from pygen.runtime.base import PygenResource

    kinds = {type(item) for item in items} or {PygenResource}
    return next(base for base in kinds.pop().__mro__ if all(issubclass(other, base) for other in kinds))


def items_html(kind: type[PygenResource], items: Sequence[PygenResource], note: str = "") -> str:
    """
    Instances as a table, of which at most 20 have a row.

    Args:
        kind: The class that was asked for, whose fields are the columns: those of which a row has a value, ten at most.
        items: The instances.
        note: What else there is to say of them.
    """
    shown = items[:_SHOWN_ITEMS]
    fields = [name for name in kind.__pygen_props__ if any(item.__dict__.get(name) is not None for item in shown)]
    first = ["external_id"] if len({item.space for item in shown}) < 2 else ["space", "external_id"]
    first += ["start_node", "end_node"] if kind.__pygen_edge__ else []
    columns = [*first, *fields][:_SHOWN_FIELDS]
    left_out = len(first) + len(fields) - len(columns)
    several = any(type(item) is not kind for item in shown)
    rows = [
        [*([_text(type(item).__name__)] if several else []), *(_cell(item.__dict__.get(name)) for name in columns)]
        for item in shown
    ]
    said = [counted(len(items))]
    if len(items) > len(shown):
        said.append(f"the first {len(shown)} are shown")
    if left_out:
        said.append(counted(left_out, "more field"))
    if note:
        said.append(note)
    heads = [*(["class"] if several else []), *columns]
    return _block(kind.__name__, ", ".join(said), _table(heads, rows) if rows else "")


# --- queries, upserts, clients ---


def query_html(query: object, spec: QuerySpec[Any], more: Iterable[str] = ()) -> str:
    """
    What a query asks for, in words; nothing is fetched.

    Args:
        query: The query, which gives its name.
        spec: What it asks for.
        more: What else there is to say, e.g. which words are searched.
    """
    parts = "".join(f"<li>{_text(part)}</li>" for part in [*more, *parts_of(spec)])
    return _block(title_of(query, spec), "fetched when it is used", f"<ul>{parts}</ul>" if parts else "")


def upsert_html(result: UpsertResult) -> str:
    """What an upsert did: how many items of each state, and the first that were not written."""
    counts = [(_text(state.replace("_", " ")), f"{count:,}") for state, count in result.counts().items()]
    refused = [item for item in result.items if item.error is not None or item.state in {"failed", "unknown"}]
    rows = [
        (_cell(item.id), _text(item.state), _text(_cut(str(item.error or ""), _LONGEST_ALONE)))
        for item in refused[:_SHOWN_ITEMS]
    ]
    tables = _table((), counts, named=True)
    if rows:
        tables += _table(("not written", "state", "reason"), rows)
    if len(refused) > len(rows):
        tables += f"<div>{_dim(f'... and {len(refused) - len(rows):,} more')}</div>"
    return _block("UpsertResult", counted(len(result)), tables)


def client_html(client: _Sdk) -> str:
    """A client: where it connects to, and its view APIs with the first line about each view; no credentials."""
    session, kind = client._session, type(client)  # noqa: SLF001 -- the look of a client is a part of it
    about: list[tuple[str, object]] = [
        ("project", session.client.project),
        ("base_url", session.client.base_url),
        ("data model", kind.__pygen__.data_model),
        ("instance space", session.instance_space),
    ]
    head = _table((), [(_text(name), _cell(value, _LONGEST_ALONE)) for name, value in about], named=True)
    apis = view_apis(kind)
    if len(apis) > _SHOWN_APIS:
        listed = f"<p>{_text(', '.join(apis))}</p>"
    else:
        listed = _table((), [(_text(name), _text(_first_line(api.resource))) for name, api in apis.items()], named=True)
    return _block(
        kind.__name__, "", f"{head}<details open><summary>{counted(len(apis), 'view')}</summary>{listed}</details>"
    )


def view_apis(client: type[Any]) -> dict[str, Api[Any]]:
    """The view APIs of a class of clients by name; none is made or imported for it."""
    namespace: dict[str, object] = {}
    for base in reversed(client.__mro__):
        namespace.update(base.__dict__)
    return {name: value for name, value in sorted(namespace.items()) if isinstance(value, Api)}


def _first_line(kind: type[PygenResource]) -> str:
    """The first paragraph of what the model says about a view, on one line."""
    text = kind.__dict__.get("__doc__") or ""
    return _cut(" ".join(text.strip().split("\n\n")[0].split()), 120)


# --- HTML ---


def _block(title: str, note: str, content: str) -> str:
    said = f" {_dim(note)}" if note else ""
    return f"{_STYLE}<div><b>{_text(title)}</b>{said}{content}</div>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, named: bool = False) -> str:
    """
    A table.

    Args:
        heads: The names of the columns; none for a table without a head.
        rows: Cells in HTML.
        named: Whether the first cell of a row names it.
    """
    head = f"<thead><tr>{''.join(f'<th>{_text(name)}</th>' for name in heads)}</tr></thead>" if heads else ""
    first = "th" if named else "td"
    body = "".join(
        f"<tr><{first}>{row[0]}</{first}>{''.join(f'<td>{cell}</td>' for cell in row[1:])}</tr>" for row in rows
    )
    return f'<table class="pygen">{head}<tbody>{body}</tbody></table>'


def _cell(value: object, longest: int = _LONGEST) -> str:
    """A value as people read it."""
    return _dim("-") if value is None else _text(_cut(_plain(value), longest))


def _plain(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.isoformat(" ", "milliseconds" if value.microsecond else "seconds")
    if isinstance(value, NodeId | EdgeId):
        return f"{value.space}:{value.external_id}"
    if isinstance(value, list):
        shown = ", ".join(_plain(item) for item in value[:_SHOWN_ITEMS])
        return f"{shown}, ... {len(value):,} in all" if len(value) > _SHOWN_ITEMS else shown
    return short(value) if isinstance(value, Mapping) or hasattr(value, "__pydantic_fields_set__") else str(value)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def _dim(text: str) -> str:
    return f'<span class="pygen-dim">{_text(text)}</span>'


def _text(text: str) -> str:
    """Text as HTML; characters that cannot be seen, or would reorder others, are replaced."""
    return escape("".join(each if each.isprintable() or each == "\n" else "\ufffd" for each in text))
