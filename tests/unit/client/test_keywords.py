"""Names of keyword arguments that nobody knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pygen.client import AsyncPygenClient, PygenClient, ViewId
from tests.unit.client.wire import EMPTY, Run, Wire, both

PUMP = ViewId("sp", "Pump", "v1")


@both
@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda client: client.instances.list(srot=[]), r"list\(\) .* 'srot'; did you mean 'sort'\?"),
        (lambda client: client.instances.page(filtr={}), r"page\(\) .* 'filtr'; did you mean 'filter'\?"),
        (lambda client: client.instances.apply([], replcae=True), r"apply\(\) .* 'replcae'; did you mean 'replace'\?"),
        (lambda client: client.instances.apply_each([], x=1), r"apply\(\) .* 'x'$"),
        (lambda client: client.instances.search(PUMP, qurey="x"), r"search\(\) .* 'qurey'; did you mean 'query'\?"),
        (lambda client: client.instances.aggregate(PUMP, sort=[]), r"aggregate\(\) .* 'sort'"),
        (
            lambda client: client.instances.query({}, {}, params={}),
            r"query\(\) .* 'params'; did you mean 'parameters'\?",
        ),
        (lambda client: client.instances.sync({}, {}, cursor={}), r"sync\(\) .* 'cursor'; did you mean 'cursors'\?"),
    ],
)
def test_unknown_arguments_of_calls(run: Run, ask: Callable[[Any], Any], message: str) -> None:
    """A misspelled flag is refused as Python refuses it elsewhere; nothing is sent without it."""
    wire = Wire(EMPTY)
    with pytest.raises(TypeError, match=message):
        run(wire, ask)
    assert [] == wire.requests


@pytest.mark.parametrize("kind", [PygenClient, AsyncPygenClient])
def test_unknown_arguments_of_clients(kind: Any) -> None:
    """A client that is told something it does not know says so."""
    with pytest.raises(TypeError, match=rf"{kind.__name__}\(\) .* 'timeout'; did you mean 'timeout_s'\?"):
        kind(**Wire(EMPTY).options(timeout=5))
