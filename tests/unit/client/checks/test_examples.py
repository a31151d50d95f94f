"""The recorded exchanges and the real data models: whatever the service took is no problem here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pygen.client import checks
from pygen.client.checks import Problems
from pygen.client.write_form import container_item, view_item


def check_apply(body: Mapping[str, Any], problems: Problems) -> None:
    """Nodes and edges to write, and to delete."""
    for index, item in enumerate(body.get("items", [])):
        fault = checks.instance_problem(item)
        if fault is not None:
            problems.append(checks.located(f"items[{index}]", fault))
    checks.check_instance_ids(body.get("delete", []), "delete", problems)


def each(check: Callable[[Any, str, Problems], None]) -> Callable[[Mapping[str, Any], Problems], None]:
    """A check of every item of a request."""

    def check_items(body: Mapping[str, Any], problems: Problems) -> None:
        for index, item in enumerate(body["items"]):
            check(item, f"items[{index}]", problems)

    return check_items


def check_ids(body: Mapping[str, Any], problems: Problems) -> None:
    """Instances to read or delete, and the views to read through."""
    checks.check_instance_ids(body["items"], "items", problems)
    checks.check_sources(body.get("sources"), "sources", problems)


def check_query(body: Mapping[str, Any], problems: Problems) -> None:
    """A query."""
    checks.check_query(body, problems, sync=False)


def check_sync(body: Mapping[str, Any], problems: Problems) -> None:
    """A sync."""
    checks.check_query(body, problems, sync=True)


CHECKS: dict[str, Callable[[Mapping[str, Any], Problems], None]] = {
    "/models/spaces": each(checks.check_space_item),
    "/models/containers": each(checks.check_container_item),
    "/models/views": each(checks.check_view_item),
    "/models/datamodels": each(checks.check_data_model_item),
    "/models/instances": check_apply,
    "/models/instances/list": checks.check_list,
    "/models/instances/byids": check_ids,
    "/models/instances/delete": check_ids,
    "/models/instances/inspect": check_ids,
    "/models/instances/search": checks.check_search,
    "/models/instances/aggregate": checks.check_aggregate,
    "/models/instances/query": check_query,
    "/models/instances/sync": check_sync,
}


def test_no_request_that_was_answered_is_a_problem(shared: Path) -> None:
    """Every recorded request that got a 200 passes."""
    checked: set[str] = set()
    for file in sorted((shared / "dms" / "examples").glob("*.json")):
        for exchange in json.loads(file.read_bytes()).get("exchanges", []):
            check = CHECKS.get(exchange["path"])
            if check is None or exchange["method"] != "POST" or exchange["status"] != 200:
                continue
            problems: Problems = []
            check(exchange["request"], problems)
            assert [] == problems, f"{file.name}: {exchange['path']}"
            checked.add(exchange["path"])
    assert CHECKS.keys() == checked


def test_no_real_data_model_is_a_problem(shared: Path) -> None:
    """All containers, views and data models pass, those of the system too."""
    problems: Problems = []
    for file in sorted((shared / "models").glob("*.json")):
        for item in json.loads(file.read_bytes())["items"]:
            if file.name.endswith(".containers.json"):
                checks.check_container_item(container_item(item), file.name, problems)
                continue
            checks.check_data_model_item({**item, "views": []}, file.name, problems)
            for view in item["views"]:
                checks.check_view_item(view_item(view), f"{file.name}.{view['externalId']}", problems)
    assert [] == problems
