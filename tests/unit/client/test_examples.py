"""The examples in docstrings, and those of docs/client.md: each public method has one, and all of them run."""

from __future__ import annotations

import ast
import asyncio
import doctest
import inspect
import os
import pkgutil
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import cached_property
from importlib import import_module
from io import StringIO
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import httpx
import pytest

import pygen.client
from pygen.client import AsyncListing, AsyncPygenClient, Listing, PygenClient, QueryResult, Records
from tests.support.example_service import PROJECT, ExampleService

CLUSTER = "https://westeurope-1.cognitedata.com"
CONFIG = """\
[cognite.production]
cluster = "westeurope-1"
project = "plant"
token = "token"
"""
INSIDE = {"encode", "url_of"}
"""Public methods of the clients that are there for their resources, which have other names for the same."""


def modules() -> Iterator[ModuleType]:
    """Every module of the client."""
    for found in pkgutil.walk_packages(pygen.client.__path__, "pygen.client."):
        yield import_module(found.name)


EXAMPLES = [
    test
    for module in modules()
    for test in doctest.DocTestFinder(exclude_empty=True).find(module, module.__name__)
    if test.examples
]
"""The docstrings of the client that have examples."""


def client_of(kind: type[PygenClient] | type[AsyncPygenClient], service: ExampleService) -> Any:
    """A client that speaks to the service."""
    return kind(base_url=CLUSTER, project=PROJECT, credentials="token", transport=service.transport)


def surface() -> Iterator[type]:
    """The classes whose methods users call: the clients, what hangs on them, and what these give back."""
    yield from (Listing, AsyncListing, Records, QueryResult)
    for kind in (PygenClient, AsyncPygenClient):
        yield kind
        client = client_of(kind, ExampleService())
        for name, member in inspect.getmembers_static(kind):
            if isinstance(member, cached_property):
                yield type(getattr(client, name))


def methods() -> Iterator[Any]:
    """The public methods of these, each once."""
    seen = set()
    for owner in surface():
        for name, member in inspect.getmembers_static(owner):
            function = member.__func__ if isinstance(member, classmethod | staticmethod) else member
            is_ours = isinstance(function, FunctionType) and function.__module__.startswith("pygen.")
            if is_ours and function not in seen and not name.startswith("_") and name not in INSIDE:
                seen.add(function)
                yield pytest.param(function, id=function.__qualname__)


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What examples find: a folder with a file of settings, and settings in the environment."""
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("CDF_", "IDP_")) or name in {"LOGIN_FLOW", "PROVIDER"}:
            monkeypatch.delenv(name)
    for name, value in {"CDF_CLUSTER": "westeurope-1", "CDF_PROJECT": PROJECT, "CDF_TOKEN": "token"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "displayhook", show)


def show(value: object) -> None:
    """Print the value of an expression, and do not keep it as `_`."""
    if value is not None:
        sys.stdout.write(f"{value!r}\n")


@pytest.mark.parametrize("function", list(methods()))
def test_public_methods_have_examples(function: FunctionType) -> None:
    """The docstring of each public method shows how it is used."""
    assert "Example:\n" in (function.__doc__ or "")
    assert f"{function.__module__}.{function.__qualname__}" in {test.name for test in EXAMPLES}


def test_methods_of_both_clients_are_found() -> None:
    """The search for methods does not miss the resources."""
    found = {param.id for param in methods()}
    assert {"SpacesAPI.list", "AsyncInstancesAPI.apply", "_Client.from_env", "AsyncListing.pages"} <= found


@pytest.mark.parametrize("test", EXAMPLES, ids=lambda test: test.name.removeprefix("pygen.client."))
def test_examples_run(test: doctest.DocTest) -> None:
    """Each example gives what is written below it; `client` is a client, and the names of `pygen.client` are known."""
    known = {name: getattr(pygen.client, name) for name in pygen.client.__all__}
    asyncio.run(run(test, known))


async def run(test: doctest.DocTest, known: dict[str, Any]) -> None:
    """Run the lines of a docstring; with the asynchronous client where its class is asynchronous."""
    service = ExampleService()
    if ".Async" in test.name:
        async with client_of(AsyncPygenClient, service) as client:
            await follow(test, {**known, "client": client})
    else:
        with client_of(PygenClient, service) as client:
            await follow(test, {**known, "client": client})


async def follow(test: doctest.DocTest, known: dict[str, Any]) -> None:
    """Run the lines one after the other, and compare what they print."""
    for example in test.examples:
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code = compile(example.source, test.name, "single", flags, dont_inherit=True)
        wanted, printed = example.want, await outcome(code, known, raises=example.exc_msg is not None)
        if example.exc_msg is not None:
            wanted = example.exc_msg
        assert doctest.OutputChecker().check_output(wanted, printed, 0), (example.source, wanted, printed)


async def outcome(code: CodeType, known: dict[str, Any], *, raises: bool) -> str:
    """What a line prints, or the error that it raises."""
    with redirect_stdout(StringIO()) as printed:
        try:
            result = eval(code, known)
            if inspect.iscoroutine(result):
                await result
        except Exception as error:
            if not raises:
                raise
            return "".join(traceback.format_exception_only(error))
    return printed.getvalue()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (">>> client.project\n'another'\n", AssertionError),
        (">>> client.unknown\n", AttributeError),
        (">>> await client.spaces.list().all()\n[]\n", AssertionError),
        (">>> client.project\nTraceback (most recent call last):\nValueError: no\n", AssertionError),
    ],
)
def test_wrong_examples_are_noticed(source: str, reason: type[Exception]) -> None:
    """An example that gives something else, or an error, or none, fails."""
    test = doctest.DocTestParser().get_doctest(source, {}, "a.AsyncWrong", None, None)
    with pytest.raises(reason):
        asyncio.run(run(test, {}))


# --- docs/client.md ---


def test_documentation(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every block of docs/client.md runs after those before it, and prints what the comments behind `print` say."""
    transport = ExampleService().transport
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", transport.handle_request)
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", transport.handle_async_request)
    text = (repository / "docs" / "client.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert len(re.findall(r"^```\w", text, re.MULTILINE)) == len(blocks)
    known: dict[str, Any] = {}
    for block in blocks:
        with redirect_stdout(StringIO()) as printed:
            exec(compile(block, "docs/client.md", "exec"), known)
        wanted = re.findall(r"^ *print\(.*\)  # (.*)$", block, re.MULTILINE)
        assert wanted == printed.getvalue().splitlines(), block
