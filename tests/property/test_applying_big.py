"""Whatever befalls the requests of an apply, its results say what the service has really done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from pygen.client import ApplyResult, EdgeId, ItemResult, NodeId
from tests.support.canned import Asked, asynchronous, refusal, synchronous
from tests.support.canned_store import (
    Misbehave,
    Store,
    failing_after,
    lose_answer,
    lose_request,
    refuse_connection,
    refusing,
)
from tests.support.little_dms import BAD, SPACE, VIEW, Json, node_item

Place = int
"""An index into the input; deletes follow the items."""


def too_many(asked: Asked, carry_out: Callable[[], httpx.Response]) -> httpx.Response | None:
    """Requests of one item are not too large."""
    return refusal(413) if len(asked.body.get("items", ())) + len(asked.body.get("delete", ())) > 1 else None


CLEAR: dict[str, Misbehave | None] = {
    "fine": None,
    "no connection": refuse_connection,
    "too many": too_many,
    "no token": refusing(401),
}
"""After these everybody knows whether the service has done what was asked."""

DOUBTFUL: dict[str, Misbehave] = {
    "answer lost": lose_answer,
    "request lost": lose_request,
    "gateway gave up": refusing(503),
    "gateway gave up too soon": failing_after(504),
    "error": refusing(500),
    "error afterwards": failing_after(500),
}
"""After these nobody does."""

faults = st.lists(st.sampled_from([*CLEAR, *DOUBTFUL]), max_size=8)
numbers = st.integers(0, 5)


@dataclass
class Input:
    """
    What is written and deleted, and how; each item has its place as the value of a property.

    Attributes:
        stored: What is there before.
        items: What is written.
        delete: What is deleted.
        arguments: How.
        as_stream: Whether the items come from an iterator.
    """

    stored: list[Json]
    items: list[Json]
    delete: list[NodeId | EdgeId]
    arguments: dict[str, Any]
    as_stream: bool

    @property
    def size(self) -> int:
        """How many places there are."""
        return len(self.items) + len(self.delete)

    def is_repeatable(self, place: Place) -> bool:
        """Whether a request with nothing but this in it may be sent again when its answer was lost."""
        if not self.arguments["safe_to_repeat"]:
            return False
        is_versioned = place < len(self.items) and "existingVersion" in self.items[place]
        return not is_versioned or self.arguments["skip_on_version_conflict"]


@st.composite
def written(draw: st.DrawFn, place: Place) -> Json:
    """A node, perhaps with a relation to another one, or an edge between two."""
    properties: Json = {"place": place}
    if not draw(st.integers(0, 9)):
        properties["wrong"] = BAD
    if draw(st.booleans()):
        properties["to"] = {"space": SPACE, "externalId": f"n{draw(numbers)}"}
    version = draw(st.sampled_from([None, None, None, 0, 1]))
    item = node_item(f"n{draw(numbers)}", existing_version=version, **properties)
    if draw(st.integers(0, 3)):
        return item
    ends = {name: {"space": SPACE, "externalId": f"n{draw(numbers)}"} for name in ("startNode", "endNode")}
    return {**item, "instanceType": "edge", "externalId": f"e{draw(numbers)}", "type": ends["startNode"], **ends}


@st.composite
def inputs(draw: st.DrawFn) -> Input:
    """Some items, some of which are there already as they are or otherwise, and some deletes of other instances."""
    items = [draw(written(place)) for place in range(draw(st.integers(0, 9)))]
    kept = {item["externalId"]: item for item in items if item["instanceType"] == "node" and draw(st.booleans())}
    stored: list[Json] = []
    for item in kept.values():
        bare = {"instanceType": "node", "space": SPACE, "externalId": item["externalId"]}
        sources = item["sources"] if draw(st.booleans()) else [{"source": VIEW, "properties": {"place": -1}}]
        is_bad = BAD in sources[0]["properties"].values()
        stored.append(bare if is_bad else {**bare, "sources": sources})
    stored += [node_item(f"d{number}") for number in range(3)]
    as_stream = draw(st.booleans())  # it would find twins absent that are deleted in an earlier window
    deletes = draw(st.lists(numbers, max_size=4, unique=as_stream))
    return Input(
        stored,
        items,
        [NodeId(SPACE, f"d{number}") for number in deletes],
        {
            "chunk_size": draw(st.integers(1, 5)),
            "parallel": draw(st.integers(1, 3)),
            "safe_to_repeat": bool(draw(st.integers(0, 4))),
            "skip_on_version_conflict": draw(st.booleans()),
        },
        as_stream,
    )


@dataclass
class Fate:
    """
    What became of a place of the input.

    Attributes:
        effects: What each transaction with it in it did.
        in_doubt: Whether the latest request with it in it left that open.
        ever_in_doubt: Whether any request did.
    """

    effects: list[str] = field(default_factory=list)
    in_doubt: bool = False
    ever_in_doubt: bool = False

    @property
    def effect(self) -> str | None:
        """What all transactions did together; None where there was none."""
        order = ("created", "updated", "skipped", "unchanged")
        return next((effect for effect in order if effect in self.effects), None)


class Witness(Store):
    """
    A service that knows what it has done to each place of the input.

    Attributes:
        fates: What became of the places.
        blind_repeats: Places that were sent again although they must not be.
    """

    def __init__(self, given: Input, faults: Sequence[str] = ()) -> None:
        super().__init__(*given.stored, misbehave=self._misbehave)
        self.fates: defaultdict[Place, Fate] = defaultdict(Fate)
        self.blind_repeats: list[Place] = []
        self._input = given
        self._faults = list(faults)

    def _misbehave(self, asked: Asked, carry_out: Callable[[], httpx.Response]) -> httpx.Response | None:
        with self._turn:
            fault = self._faults.pop(0) if self._faults else "fine"
            for place in self._places(asked):
                fate = self.fates[place]
                if fate.ever_in_doubt and not self._input.is_repeatable(place):
                    self.blind_repeats.append(place)
                fate.in_doubt = fault in DOUBTFUL
                fate.ever_in_doubt |= fate.in_doubt
            misbehave = DOUBTFUL.get(fault) or CLEAR[fault]
            return None if misbehave is None else misbehave(asked, carry_out)

    def carry_out(self, asked: Asked) -> httpx.Response:
        """Do what is asked, and note what it changed."""
        with self._turn:
            before = self.dms.instances
            answer = super().carry_out(asked)
            if answer.is_success:
                for place in self._places(asked):
                    self.fates[place].effects.append(self._effect(place, before))
            return answer

    def _places(self, asked: Asked) -> Iterator[Place]:
        for item in asked.body.get("items", ()):
            yield item["sources"][0]["properties"]["place"]
        for item in asked.body.get("delete", ()):
            identifier = NodeId(item["space"], item["externalId"])
            yield from (len(self._input.items) + at for at, each in enumerate(self._input.delete) if each == identifier)

    def _effect(self, place: Place, before: dict[tuple[str, str], Json]) -> str:
        count = len(self._input.items)
        if place >= count:
            identifier = self._input.delete[place - count]
            return "deleted" if (identifier.space, identifier.external_id) in before else "absent"
        item = self._input.items[place]
        key = item["space"], item["externalId"]
        if key not in before:
            return "created"
        now = self.dms.instances[key]
        if now != before[key]:
            return "updated"
        return "skipped" if now["version"] > item.get("existingVersion", now["version"]) else "unchanged"


def apply(service: Witness, given: Input, *, is_async: bool, resume: ApplyResult | None = None) -> ApplyResult:
    """Apply the input with a client of either kind."""
    items: Iterable[Json] = iter(given.items) if given.as_stream else given.items

    def ask(client: Any) -> Any:
        return client.instances.apply(items, delete=given.delete, on_failure="return", resume=resume, **given.arguments)

    result: ApplyResult = (asynchronous if is_async else synchronous)(service, ask)
    return result


def check_truth(result: ItemResult, fate: Fate) -> None:
    """The result says what the service has done, as far as anybody can know."""
    match result.status:
        case "created" | "updated" | "unchanged" | "skipped":
            assert fate.effect == result.status
        case "deleted" | "absent":
            assert fate.effects[-1:] == [result.status]
        case "failed":
            assert [] == fate.effects
            assert result.error is not None
        case "not_sent":
            assert not fate.ever_in_doubt
            assert [] == fate.effects
            assert result.error is not None
        case "unknown":
            assert fate.ever_in_doubt
            assert result.error is not None


@settings(max_examples=3000)
@given(inputs(), faults, st.booleans())
def test_results_are_in_order_and_true(given: Input, faults: list[str], is_async: bool) -> None:
    """
    Each item and each delete has one result, in the order of the input, and it is what the service says.

    A stream that was stopped has results for the items that were taken.
    """
    service = Witness(given, faults)
    result = apply(service, given, is_async=is_async)
    taken = len(result.items)
    assert list(range(taken)) == [item.index for item in result.items]
    assert taken == given.size or (given.as_stream and not result.ok)
    names = [(item["space"], item["externalId"]) for item in given.items]
    names += [(identifier.space, identifier.external_id) for identifier in given.delete]
    assert names[:taken] == [(item.id.space, item.id.external_id) for item in result.items if item.id is not None]
    for item in result.items:
        check_truth(item, service.fates[item.index])
    assert [] == service.blind_repeats


@settings(max_examples=3000)
@given(inputs(), faults, st.booleans())
def test_requests_are_what_the_service_takes(given: Input, faults: list[str], is_async: bool) -> None:
    """None has more items than asked for, or writes an instance twice."""
    service = Witness(given, faults)
    apply(service, given, is_async=is_async)
    for body in service.bodies:
        items, deletes = body.get("items", []), body.get("delete", [])
        assert 1 <= len(items) + len(deletes) <= given.arguments["chunk_size"]
        names = [item["externalId"] for item in items]
        assert len(names) == len(set(names))


@settings(max_examples=3000)
@given(inputs(), faults, st.booleans())
def test_a_second_run_completes_the_first(given: Input, faults: list[str], is_async: bool) -> None:
    """What is finished is not sent again, and on a quiet day nothing is left but what the service refuses."""
    service = Witness(given, faults)
    before = apply(service, given, is_async=is_async)
    later = Witness(given)
    later.dms.instances = service.dms.instances
    after = apply(later, given, is_async=is_async, resume=before)
    assert {item.index for item in before.items if item.ok}.isdisjoint(later.fates)
    assert [item for item in before.items if item.ok] == [
        item for item in after.items if item.index < len(before.items) and before.items[item.index].ok
    ]
    assert given.size == len(after.items)
    assert after.counts.keys().isdisjoint({"unknown", "not_sent"})
