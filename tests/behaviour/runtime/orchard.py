"""SDKs with a property of every type, and a sandbox with trees that have every kind of value."""

from __future__ import annotations

import datetime as dt
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from pygen.client import AsyncPygenClient, PygenClient
from pygen.client.retry import RetryPolicy
from pygen.generation.base import get_generator
from pygen.ir import build_model
from pygen.runtime import NodeId
from pygen.sandbox import Sandbox
from pygen.sources import load_data_model
from tests.golden.cases import CASES, OPTIONS

__all__ = ["LISTS", "SCALARS", "Orchard", "open_orchard", "sdk_of"]

_EAST = dt.timezone(dt.timedelta(hours=5, minutes=30))

SCALARS: list[dict[str, Any]] = [
    {
        "text": "",
        "flag": False,
        "small": 0,
        "large": 2**53 + 1,
        "rough": 0.0,
        "exact": 0.0,
        "moment": dt.datetime(2024, 12, 31, 1, 2, 3, 170_000, _EAST),
        "day": dt.date(2024, 2, 29),
        "extra": {},
        "signal": "ts:1",
        "document": "file 1",
        "curve": "seq",
        "bark": "red",
    },
    {
        "text": 'snow \N{SNOWMAN}, quote " and \\',
        "flag": True,
        "small": 2**31 - 1,
        "large": 2**63 - 1,
        "rough": 0.1,
        "exact": 1e300,
        "moment": dt.datetime(1, 1, 1, tzinfo=dt.UTC),
        "day": dt.date(1, 1, 1),
        "extra": {"a": [1, None, {"b": "\u2028"}], "n": 2**40},
        "bark": "blue",
    },
    {
        "small": -(2**31),
        "large": -(2**63),
        "rough": -7.5,
        "exact": -0.1,
        "moment": dt.datetime(9999, 12, 31, 23, 59, 59, 999_000, dt.UTC),
        "day": dt.date(9999, 12, 31),
        "bark": "green",
    },
    {},
]
"""Values of trees, some of which have hardly any."""

LISTS: list[dict[str, Any]] = [
    {
        "texts": ["a", "", "a"],
        "flags": [True, False],
        "smalls": [0, -1],
        "larges": [2**53 + 1, 2**63 - 1],
        "roughs": [0.5, 2],
        "exacts": [1, 2.5],
        "moments": [dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.datetime(1960, 1, 1, 0, 0, 0, 17_000, dt.UTC)],
        "days": [dt.date(2024, 2, 29)],
        "extras": [{"a": 1}, {}],
        "signals": ["s"],
        "documents": ["d"],
        "curves": ["c", "c"],
        "barks": ["red", "red"],
        "grafted_onto": [NodeId("my_data", "l1"), NodeId("my_data", "l2")],
    },
    {"texts": [], "larges": [], "moments": [], "extras": [], "grafted_onto": []},
    {},
]
"""Values of trees whose properties are lists."""


class Orchard:
    """
    A sandbox and the SDK of its data model.

    Attributes:
        sdk: The package.
        sandbox: The sandbox.
    """

    def __init__(self, sdk: Any, sandbox: Sandbox) -> None:
        self.sdk = sdk
        self.sandbox = sandbox

    def client(self, *, over_http: bool = False, **options: Any) -> Any:
        """A client of the SDK."""
        return self.sdk.ExampleClient.from_client(
            PygenClient(
                base_url=self.sandbox.base_url if over_http else "http://localhost",
                project=self.sandbox.project,
                credentials=self.sandbox.token,
                transport=None if over_http else self.sandbox.transport(),
                retry=RetryPolicy(base_s=0.0, cap_s=0.0),
            ),
            **options,
        )

    def aclient(self, **options: Any) -> Any:
        """An asynchronous client of the SDK, over HTTP."""
        return self.sdk.AsyncExampleClient.from_client(
            AsyncPygenClient(
                base_url=self.sandbox.base_url,
                project=self.sandbox.project,
                credentials=self.sandbox.token,
                retry=RetryPolicy(base_s=0.0, cap_s=0.0),
            ),
            **options,
        )


def sdk_of(case: str, folder: Path, *, with_json: bool = True) -> tuple[Any, Path]:
    """
    The SDK of a model of the corpus.

    Args:
        case: The model's name.
        folder: Where it is made.
        with_json: Whether the model keeps its JSON properties; frames without them are read by pyarrow.

    Returns:
        The package, and the file of its model.
    """
    raw = yaml.safe_load(CASES[case].read_text(encoding="utf-8"))
    for view in raw["views"]:
        properties = view["properties"].items()
        view["properties"] = {name: each for name, each in properties if with_json or each["type"]["type"] != "json"}
    path = folder / f"{case}_{with_json}.yaml"
    path.write_text(yaml.safe_dump(raw, sort_keys=False), encoding="utf-8")
    package = f"{case}_frames_{with_json}".lower()
    if package not in sys.modules:
        target = folder / package
        target.mkdir()
        model, _ = build_model(load_data_model(path))
        for name, text in get_generator("python")(OPTIONS).generate(model, {}).files.items():
            (target / name).write_text(text, encoding="utf-8")
        sys.path.insert(0, str(folder))
        try:
            importlib.import_module(package)
        finally:
            sys.path.remove(str(folder))
    return sys.modules[package], path


@contextmanager
def open_orchard(
    case: str, folder: Path, values: list[dict[str, Any]], size: int = 0, *, with_json: bool = True
) -> Iterator[Orchard]:
    """
    An orchard with trees.

    Args:
        case: The model of the corpus: `every_type` or `every_type_list`.
        folder: Where its SDK is made.
        values: What trees have; they come round again.
        size: How many trees there are; 0: one for each of the values.
        with_json: Whether the model has JSON properties.
    """
    sdk, path = sdk_of(case, folder, with_json=with_json)
    fields = sdk.TreeWrite.__pydantic_fields__
    required = {"tags": ["t"]} if "tags" in fields else {}
    trees = [
        sdk.TreeWrite(
            external_id=f"l{number}",
            space="my_data",
            **required,
            **{name: value for name, value in values[number % len(values)].items() if name in fields},
        )
        for number in range(size or len(values))
    ]
    with Sandbox(path) as sandbox:
        orchard = Orchard(sdk, sandbox)
        with orchard.client() as client:
            client._session.client.spaces.upsert({"space": "my_data"})
            if trees:
                client.upsert(trees)
        yield orchard
