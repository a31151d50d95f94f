"""Instances as tables: CSV with a row for each, a column for each property, and JSON where a cell has parts."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from pygen.sandbox.catalog import Prop
from pygen.sandbox.store import compact

__all__ = ["END", "START", "TYPE", "parse_cell", "read_rows", "write_table"]

Json = dict[str, Any]

TYPE = "_type"
START = "_startNode"
END = "_endNode"
"""Columns for what is no property; names of properties do not begin with an underscore."""
_ENDS = {"type": TYPE, "startNode": START, "endNode": END}


def write_table(instances: Iterable[Json]) -> str:
    """
    Instances as CSV; `pygen.sandbox.instance_files` reads it back.

    Columns are `space`, `externalId`, then type and ends where there are any, then the properties that are written
    through a view, then one for each container that is written directly: `space:ExternalId`, which holds JSON.
    """
    rows = [_row(instance) for instance in instances]
    columns = dict.fromkeys(
        ["space", "externalId", *(name for name in _ENDS.values() if any(name in row for row in rows))]
    )
    for row in rows:
        columns.update(dict.fromkeys(row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.get(column, "") for column in columns] for row in rows)
    return text.getvalue()


def _row(instance: Json) -> dict[str, str]:
    row = {"space": instance["space"], "externalId": instance["externalId"]}
    row |= {column: compact(instance[key]) for key, column in _ENDS.items() if instance.get(key) is not None}
    for written in instance.get("sources") or ():
        source = written["source"]
        if source["type"] == "container":
            row[f"{source['space']}:{source['externalId']}"] = compact(written["properties"])
        else:
            row |= {name: _cell(value) for name, value in written["properties"].items()}
    return row


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else compact(value)


def read_rows(text: str) -> list[tuple[int, dict[str, str]]]:
    """
    The rows of a table by the names of its columns, with their lines; empty rows are left out.

    Raises:
        ValueError: It is no CSV.
    """
    try:
        reader = csv.DictReader(io.StringIO(text), restkey="", restval="", strict=True)
        return [
            (reader.line_num, {name: cell for name, cell in row.items() if name}) for row in reader if any(row.values())
        ]
    except csv.Error as error:
        raise ValueError(str(error)) from None


# --- cells ---


def parse_cell(prop: Prop, text: str) -> Any:
    """
    The value of a property that a cell holds.

    Args:
        prop: The property.
        text: The cell; not empty. A list is JSON, or one value; a direct relation is JSON, or an external id.

    Raises:
        ValueError: It is no such value.
    """
    if not prop.is_list:
        return _scalar(prop.type)(text)
    if text.lstrip().startswith("["):
        found = json.loads(text)
        if isinstance(found, list):
            return found
    return [_scalar(prop.type)(text)]


def _scalar(kind: str) -> Callable[[str], Any]:
    return _PARSERS.get(kind, str)


def _boolean(text: str) -> bool:
    try:
        return {"true": True, "false": False, "1": True, "0": False}[text.strip().lower()]
    except KeyError:
        raise ValueError(f"{text!r} is neither true nor false") from None


def _integer(text: str) -> int:
    number = float(text)
    return int(text) if re.fullmatch(r"\s*[+-]?\d+\s*", text) or not number.is_integer() else int(number)


_DAYS = ("%d/%m/%Y", "%m/%d/%Y")


def _timestamp(text: str) -> str:
    """A timestamp; a day alone stands for its beginning."""
    return text if "T" in text else f"{_date(text)}T00:00:00+00:00"


def _date(text: str) -> str:
    """A date; one with slashes only where it can be read in one way."""
    if "/" not in text:
        return text
    readings = set()
    for pattern in _DAYS:
        try:
            readings.add(datetime.strptime(text.strip(), pattern).date().isoformat())  # noqa: DTZ007 -- a day alone
        except ValueError:
            continue
    if len(readings) != 1:
        raise ValueError(f"{text!r} can be read as {' or '.join(sorted(readings)) or 'no date'}")
    return readings.pop()


def _json(text: str) -> Any:
    return json.loads(text)


def _relation(text: str) -> Any:
    return json.loads(text) if text.lstrip().startswith("{") else text


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "boolean": _boolean,
    "int32": _integer,
    "int64": _integer,
    "float32": float,
    "float64": float,
    "timestamp": _timestamp,
    "date": _date,
    "json": _json,
    "direct": _relation,
}
