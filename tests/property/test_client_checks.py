"""Checks of any input: they never raise, and they refuse nothing that the OpenAPI document takes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pygen.client import checks
from pygen.client.checks import Problems
from pygen.client.write_form import container_item, data_model_item, space_item, view_item
from tests.support.openapi import request_validator

Check = Callable[[Any, Problems], None]

ONCE_PER_SESSION = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def each(check: Callable[[Any, str, Problems], None]) -> Check:
    """A check of the items of a request."""

    def check_items(body: Any, problems: Problems) -> None:
        for index, item in enumerate(body["items"]):
            check(item, f"items[{index}]", problems)

    return check_items


def check_items_to_apply(body: Any, problems: Problems) -> None:
    """Instances to write."""
    for index, item in enumerate(body["items"]):
        fault = checks.instance_problem(item)
        if fault is not None:
            problems.append(checks.located(f"items[{index}]", fault))


def check_query(body: Any, problems: Problems) -> None:
    """A query."""
    checks.check_query(body, problems, sync=False)


def check_sync(body: Any, problems: Problems) -> None:
    """A sync."""
    checks.check_query(body, problems, sync=True)


CHECKS: dict[str, Check] = {
    "/models/spaces": each(checks.check_space_item),
    "/models/containers": each(checks.check_container_item),
    "/models/views": each(checks.check_view_item),
    "/models/datamodels": each(checks.check_data_model_item),
    "/models/instances": check_items_to_apply,
    "/models/instances/list": checks.check_list,
    "/models/instances/search": checks.check_search,
    "/models/instances/aggregate": checks.check_aggregate,
    "/models/instances/query": check_query,
    "/models/instances/sync": check_sync,
}

WRITERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "/models/spaces": space_item,
    "/models/containers": container_item,
    "/models/views": view_item,
    "/models/datamodels": data_model_item,
}
BEYOND_THE_SCHEMA = (
    "must be ['node' or 'edge', name]",
    "must have a bound",
    "must not have both",
    "must be the name of a result set",
    "must not need itself",
    "must be one of the query's parameters",
    "must be one of the values",
    "must be left out: a list has no default",
    "needs ",
    "must not be ",
)
"""Rules that dms-api.md states in words, and no schema can."""

spaces = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_-]{0,41}[a-zA-Z0-9]?", fullmatch=True)
external_ids = st.from_regex(r"[a-zA-Z]([a-zA-Z0-9_]{0,20}[a-zA-Z0-9])?", fullmatch=True)
versions = st.from_regex(r"[a-zA-Z0-9]([.a-zA-Z0-9_-]{0,41}[a-zA-Z0-9])?", fullmatch=True)
property_names = st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,20}", fullmatch=True)
instance_ids = st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=256)
views = st.builds(
    lambda space, name, version: {"type": "view", "space": space, "externalId": name, "version": version},
    spaces,
    external_ids,
    versions,
)
containers = st.builds(
    lambda space, name: {"type": "container", "space": space, "externalId": name}, spaces, external_ids
)
nodes = st.builds(lambda space, name: {"space": space, "externalId": name}, spaces, instance_ids)
scalars = st.text(max_size=20) | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)
properties = st.builds(lambda kind, name: [kind, name], st.sampled_from(["node", "edge"]), property_names) | st.builds(
    lambda view, name: [view["space"], f"{view['externalId']}/{view['version']}", name], views, property_names
)
elsewhere = st.builds(lambda found: {"property": found}, properties)
bounds = st.builds(
    lambda low, high, words: dict(zip(words, (low, high), strict=True)),
    st.integers() | st.text(max_size=5) | elsewhere,
    st.integers() | st.text(max_size=5) | elsewhere,
    st.tuples(st.sampled_from(["gt", "gte"]), st.sampled_from(["lt", "lte"])),
)


def leaf(operator: str, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A filter with one operator of some arguments."""
    return st.fixed_dictionaries({operator: st.fixed_dictionaries(arguments)})


filters: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.one_of(
        leaf("equals", property=properties, value=scalars | nodes | elsewhere),
        leaf("in", property=properties, values=st.lists(scalars, max_size=3) | elsewhere),
        leaf("containsAny", property=properties, values=st.lists(scalars, max_size=3)),
        leaf("prefix", property=properties, value=st.text(max_size=5)),
        leaf("exists", property=properties),
        leaf("matchAll"),
        st.builds(lambda found, ends: {"range": {"property": found, **ends}}, properties, bounds),
        st.builds(
            lambda start, end, ends: {"overlaps": {"startProperty": start, "endProperty": end, **ends}},
            properties,
            properties,
            bounds,
        ),
        st.fixed_dictionaries({"hasData": st.lists(views | containers, max_size=2)}),
        st.fixed_dictionaries({"instanceReferences": st.lists(nodes, max_size=2)}),
    ),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"and": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"or": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
        leaf("nested", scope=properties, filter=inner),
    ),
    max_leaves=6,
)
directions = st.sampled_from(["ascending", "descending"])
sorts = st.lists(
    st.fixed_dictionaries({"property": properties}, optional={"direction": directions, "nullsFirst": st.booleans()}),
    max_size=5,
)
searching: dict[str, st.SearchStrategy[Any]] = {
    "query": st.text(max_size=5),
    "properties": st.lists(property_names, min_size=1, max_size=3),
    "operator": st.sampled_from(["AND", "OR"]),
    "filter": filters,
    "instanceType": st.sampled_from(["node", "edge"]),
    "limit": st.integers(1, 1000),
}
sources = st.lists(st.fixed_dictionaries({"source": views}), max_size=3)
written: dict[str, st.SearchStrategy[Any]] = {
    "instanceType": st.sampled_from(["node", "edge"]),
    "space": spaces,
    "externalId": instance_ids,
    "type": nodes,
    "startNode": nodes,
    "endNode": nodes,
}
data = st.lists(
    st.fixed_dictionaries(
        {"source": views | containers},
        optional={"properties": st.dictionaries(property_names, scalars | nodes | st.none(), max_size=3) | st.none()},
    ),
    min_size=1,
    max_size=3,
)
selections = st.fixed_dictionaries({"source": views, "properties": st.lists(property_names | st.just("*"), max_size=3)})
results = st.fixed_dictionaries(
    {"nodes": st.fixed_dictionaries({}, optional={"filter": filters})}, optional={"limit": st.integers(1, 2000)}
) | st.fixed_dictionaries(
    {"edges": st.fixed_dictionaries({}, optional={"filter": filters, "maxDistance": st.integers(1, 9)})},
    optional={"limit": st.integers(1, 2000)},
)
REQUESTS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "/models/instances": st.builds(
        lambda items: {"items": items},
        st.lists(
            st.fixed_dictionaries(written, optional={"sources": data, "existingVersion": st.integers()}), max_size=3
        ),
    ),
    "/models/instances/list": st.fixed_dictionaries(
        {},
        optional={
            "filter": filters,
            "sort": sorts,
            "sources": sources,
            "limit": st.integers(1, 1000),
            "instanceType": st.sampled_from(["node", "edge"]),
        },
    ),
    "/models/instances/search": st.fixed_dictionaries({"view": views}, optional=searching),
    "/models/instances/aggregate": st.fixed_dictionaries(
        {"view": views},
        optional={
            **searching,
            "groupBy": st.lists(property_names, min_size=1, max_size=5),
            "aggregates": st.lists(leaf("avg", property=property_names) | leaf("count"), max_size=5),
        },
    ),
    "/models/instances/query": st.dictionaries(st.text(max_size=5), st.tuples(results, selections), min_size=1).map(
        lambda sets: {
            "with": {name: found for name, (found, _) in sets.items()},
            "select": {name: {"sources": [selection]} for name, (_, selection) in sets.items()},
        }
    ),
}
REQUESTS["/models/instances/sync"] = REQUESTS["/models/instances/query"]


@pytest.mark.parametrize("path", REQUESTS)
@ONCE_PER_SESSION
@given(data=st.data())
def test_a_valid_request_is_valid_to_both(path: str, data: st.DataObject, shared: Path) -> None:
    """What is made by the rules passes the checks, and the OpenAPI document takes it, too."""
    body = data.draw(REQUESTS[path])
    problems: Problems = []
    CHECKS[path](body, problems)
    assert [] == problems
    without_edge_keys(body)
    assert [] == [error.message for error in request_validator("POST", path).iter_errors(body)]


def without_edge_keys(body: dict[str, Any]) -> None:
    """Take from nodes what only edges have; the check lets unknown keys through, the document does not."""
    for item in body.get("items", []):
        if item["instanceType"] == "node":
            del item["startNode"], item["endNode"]


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)


def steps_of(found: Any) -> list[tuple[Any, Any]]:
    """Every place of a JSON value, as its holder and the key or index."""
    pairs = (
        list(found.items()) if isinstance(found, dict) else list(enumerate(found)) if isinstance(found, list) else []
    )
    return [(found, key) for key, _ in pairs] + [step for _, value in pairs for step in steps_of(value)]


@cache
def requests_of(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """The recorded requests that a check is there for."""
    exchanges = [
        exchange
        for file in sorted((folder / "dms" / "examples").glob("*.json"))
        for exchange in json.loads(file.read_bytes()).get("exchanges", [])
    ]
    return [(found["path"], found["request"]) for found in exchanges if found["path"] in CHECKS and "request" in found]


@ONCE_PER_SESSION
@given(data=st.data())
def test_a_request_with_anything_anywhere_is_checked_to_its_end(data: st.DataObject, shared: Path) -> None:
    """Whatever stands in a place of a recorded request: no check fails, or refuses what the OpenAPI document takes."""
    path, request = data.draw(st.sampled_from(requests_of(shared)))
    body = json.loads(json.dumps(request))
    places = [(holder, key) for holder, key in steps_of(body) if holder is not body.get("items") and key != "items"]
    holder, key = data.draw(st.sampled_from(places))
    elsewhere_in_it = st.sampled_from(places).map(lambda place: place[0][place[1]])
    holder[key] = copy.deepcopy(data.draw(json_values | elsewhere_in_it))
    problems: Problems = []
    CHECKS[path](body, problems)
    if request_validator("POST", path).is_valid(body):
        assert [] == [problem for problem in problems if not problem.message.startswith(BEYOND_THE_SCHEMA)]


@ONCE_PER_SESSION
@given(data=st.data())
def test_the_write_form_of_anything_is_checked_to_its_end(data: st.DataObject, shared: Path) -> None:
    """JSON of any shape goes through the write form into the checks, and twice is the same as once."""
    path, request = data.draw(st.sampled_from([found for found in requests_of(shared) if found[0] in WRITERS]))
    item = json.loads(json.dumps(request["items"][0]))
    holder, key = data.draw(st.sampled_from(steps_of(item)))
    holder[key] = data.draw(json_values)
    written_item = WRITERS[path](item)
    assert written_item == WRITERS[path](written_item)
    CHECKS[path]({"items": [written_item]}, [])
