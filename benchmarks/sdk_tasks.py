"""
What the benchmark of generated SDKs measures, as one process each; `sdk.py` starts them.

    python benchmarks/sdk_tasks.py TASK BASE_URL ROWS

Prints `first` when the first row is there, and at the end how many seconds the work took (without imports and without
making the client), how many seconds of them this process used a processor, and how many rows there were. The SDKs are
found through PYTHONPATH: `core_sdk` and `cfihos_sdk` are ours, `peer_sdk` is that of cognite-pygen 1.4. Imports stand
in the tasks, since every task has libraries of its own.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any

from canned_rows import ASSET_VIEW, PAGE, SPACE, asset, external_id, project
from peer_client import cognite_client

__all__ = ["BUILDS", "FIRST", "TASKS"]

FIRST = "first"
"""The line that says that the first row is there."""

BUILDS = 1000
"""How many queries are built."""

Work = Callable[[], int]
"""What is timed; returns how many rows there were."""


# --- ours ---


def ours_list(base_url: str, rows: int) -> Work:
    """Objects, all kept."""
    assets = _ours(base_url, rows).cognite_asset
    return lambda: len(assets.list().all())


def ours_list_async(base_url: str, rows: int) -> Work:
    """Objects, all kept, with the asynchronous client."""
    import asyncio

    async def work() -> int:
        client = import_module("core_sdk").AsyncCoreClient
        async with client(base_url=base_url, project=project(rows), credentials="token") as core:
            return len(await core.cognite_asset.list().all())

    return lambda: asyncio.run(work())


def ours_stream(base_url: str, rows: int) -> Work:
    """Objects, one by one, none kept."""
    assets = _ours(base_url, rows).cognite_asset
    return lambda: _count(assets.list())


def ours_frame(base_url: str, rows: int) -> Work:
    """A data frame."""
    import_module("pandas")  # no part of the work
    assets = _ours(base_url, rows).cognite_asset
    return lambda: len(assets.list().to_pandas())


def ours_arrow(base_url: str, rows: int) -> Work:
    """Batches of Arrow, none kept."""
    import_module("pyarrow")  # no part of the work
    assets = _ours(base_url, rows).cognite_asset
    return lambda: sum(batch.num_rows for batch in assets.list().iter_arrow())


def ours_upsert(base_url: str, rows: int) -> Work:
    """Objects are made and upserted into a sandbox, which stores them."""
    sdk = import_module("core_sdk")
    client = sdk.CoreClient(base_url=base_url, project="sandbox", credentials="sandbox", instance_space=SPACE)
    client.client.spaces.upsert({"space": SPACE})
    client.upsert(sdk.CogniteSourceSystemWrite(external_id="sap"))
    for name, write in (("class", sdk.CogniteAssetClassWrite), ("type", sdk.CogniteAssetTypeWrite)):
        client.upsert(write(external_id=f"{name}-{number}", name=name) for number in range(40))
    records = [_by_field(sdk.CogniteAssetWrite, asset(number)) for number in range(PAGE)]

    def objects() -> Iterator[Any]:
        for number in range(rows):
            yield sdk.CogniteAssetWrite(external_id=external_id(number), **records[number % PAGE])

    return lambda: len(client.upsert(objects()))


def ours_build_core(base_url: str, rows: int) -> Work:
    """Queries are built, with conditions, a branch and an order."""
    return _builds(_ours(base_url, rows).cognite_asset, "parent")


def ours_build_cfihos(base_url: str, rows: int) -> Work:
    """The same over the largest data model that there is at hand."""
    client = import_module("cfihos_sdk").CfihosClient
    return _builds(client(base_url=base_url, project=project(rows), credentials="token").tag, "equipment")


def _builds(api: Any, relation: str) -> Work:
    """Build the same query many times; the classes it takes are there after the first time."""

    def build() -> None:
        query = api.list(name_prefix="10-PA", description=["a", "b"])
        query.where(lambda t: (t.name > "b") & ~t.name.in_(["seal"])).include(relation).order_by(
            lambda t: t.name.desc()
        ).limit(10)

    def work() -> int:
        for _ in range(BUILDS):
            build()
        return BUILDS

    build()
    return work


def _ours(base_url: str, rows: int) -> Any:
    """Our client of the core data model."""
    return import_module("core_sdk").CoreClient(base_url=base_url, project=project(rows), credentials="token")


def _by_field(write: Any, properties: dict[str, Any]) -> dict[str, Any]:
    """Properties by the names of the fields that write them; nodes are named by pairs."""
    fields = {spec.name: field for field, spec in write.__pygen_props__.items()}
    return {fields[name]: _by_pair(value) for name, value in properties.items() if name in fields}


def _by_pair(value: Any) -> Any:
    if isinstance(value, dict):
        return value["space"], value["externalId"]
    return [_by_pair(item) for item in value] if isinstance(value, list) else value


# --- peers ---


def v1_list(base_url: str, rows: int) -> Work:
    """Objects of the SDK that cognite-pygen 1.4 generated, all kept."""
    assets = _v1(base_url, rows).cognite_asset
    return lambda: len(assets.list(limit=-1))


def v1_frame(base_url: str, rows: int) -> Work:
    """A data frame of such objects."""
    assets = _v1(base_url, rows).cognite_asset
    return lambda: len(assets.list(limit=-1).to_pandas())


def sdk_list(base_url: str, rows: int) -> Work:
    """Nodes of cognite-sdk, all kept."""
    instances = cognite_client(base_url, rows).data_modeling.instances
    return lambda: len(instances.list(instance_type="node", sources=ASSET_VIEW, limit=None))


def sdk_stream(base_url: str, rows: int) -> Work:
    """Nodes of cognite-sdk, in chunks of a page, its fastest."""
    from itertools import chain

    instances = cognite_client(base_url, rows).data_modeling.instances
    return lambda: _count(
        chain.from_iterable(instances(chunk_size=PAGE, instance_type="node", sources=ASSET_VIEW, limit=None))
    )


def sdk_frame(base_url: str, rows: int) -> Work:
    """A data frame of such nodes, a column for each property."""
    instances = cognite_client(base_url, rows).data_modeling.instances
    return lambda: len(
        instances.list(instance_type="node", sources=ASSET_VIEW, limit=None).to_pandas(
            expand_properties=True, remove_property_prefix=True
        )
    )


def _v1(base_url: str, rows: int) -> Any:
    """The client that cognite-pygen 1.4 generated."""
    return import_module("peer_sdk").PeerClient(cognite_client(base_url, rows))


# --- all ---


def _count(rows: Iterable[object]) -> int:
    """Use up the rows."""
    count = 0
    for count, _ in enumerate(rows, 1):
        if count == 1:
            print(FIRST, flush=True)
    return count


TASKS: dict[str, Callable[[str, int], Work]] = {
    task.__name__: task
    for task in (
        ours_list,
        ours_list_async,
        ours_stream,
        ours_frame,
        ours_arrow,
        ours_upsert,
        ours_build_core,
        ours_build_cfihos,
        v1_list,
        v1_frame,
        sdk_list,
        sdk_stream,
        sdk_frame,
    )
}


def main() -> None:
    """Do one task."""
    task, base_url, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
    work = TASKS[task](base_url, rows)
    started, used = time.perf_counter(), time.process_time()
    count = work()
    print(FIRST, flush=True)
    print(time.process_time() - used, time.perf_counter() - started, count)


if __name__ == "__main__":
    main()
