"""Writes and deletes: in which requests they go, what becomes of them, and that the results say so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from pygen.client import (
    ApplyProgress,
    ApplyResult,
    DmsApplyError,
    DmsAuthError,
    DmsConflictError,
    DmsInputError,
    DmsRateLimitError,
    DmsRequestError,
    DmsTransportError,
    EdgeId,
    ItemResult,
    NodeId,
)
from pygen.client.applying import delete_job, single_apply_call
from tests.support.canned import Canned, Run, both, refusal
from tests.support.canned_store import (
    Misbehave,
    Store,
    failing_after,
    in_turn,
    lose_answer,
    lose_request,
    refuse_connection,
    refusing,
)
from tests.support.little_dms import BAD, SPACE, Json, LittleDms, node_item, properties_of


def nodes(count: int, *, start: int = 0) -> list[Json]:
    """Nodes n0, n1 and so on, with a property."""
    return [node_item(f"n{number}", size=number) for number in range(start, start + count)]


def names(count: int, *, start: int = 0) -> list[str]:
    """What they are called."""
    return [f"n{number}" for number in range(start, start + count)]


def edge(external_id: str, start: str, end: str) -> Json:
    """An edge between two nodes of the same space."""
    node = {
        "instanceType": "edge",
        "space": SPACE,
        "externalId": external_id,
        "type": {"space": SPACE, "externalId": "t"},
    }
    return node | {name: {"space": SPACE, "externalId": to} for name, to in (("startNode", start), ("endNode", end))}


def link(external_id: str) -> Json:
    """The value of a direct relation."""
    return {"space": SPACE, "externalId": external_id}


def applying(items: Any, **arguments: Any) -> Callable[[Any], Any]:
    """What a user writes who wants the results, whatever they are."""
    return lambda client: client.instances.apply(items, on_failure="return", **arguments)


def statuses(result: ApplyResult) -> list[str]:
    """What became of each."""
    return [item.status for item in result.items]


# one request


@both
def test_each_item_and_each_delete_has_a_result(run: Run) -> None:
    """What became of it, its version and its times, in the order of the input, items first."""
    same, other, gone = node_item("same", size=1), node_item("other", size=1), node_item("gone")
    store = Store(same, other, gone, edge("edge", "same", "other"))
    result = run(
        store,
        applying(
            [node_item("new", size=1), same, node_item("other", size=2)],
            delete=[NodeId(SPACE, "gone"), EdgeId(SPACE, "edge"), {"instanceType": "node", **link("never")}],
        ),
    )
    now, before = 1_767_225_602_000, 1_767_139_200_000
    assert [
        ItemResult(0, NodeId(SPACE, "new"), "created", 1, now, now),
        ItemResult(1, NodeId(SPACE, "same"), "unchanged", 1, before, before),
        ItemResult(2, NodeId(SPACE, "other"), "updated", 2, before, now),
        ItemResult(3, NodeId(SPACE, "gone"), "deleted"),
        ItemResult(4, EdgeId(SPACE, "edge"), "deleted"),
        ItemResult(5, NodeId(SPACE, "never"), "absent"),
    ] == result.items
    assert result.ok
    assert [] == result.failures
    assert {"created": 1, "unchanged": 1, "updated": 1, "deleted": 2, "absent": 1} == result.counts


@both
def test_what_is_newer_is_skipped_or_refused(run: Run) -> None:
    """`existingVersion` decides; skipping is asked for, and is no failure."""
    stored = node_item("a", size=1)
    items = [node_item("a", existing_version=0, size=2), node_item("b", existing_version=0, size=2)]
    skipped = run(Store(stored), applying(items, skip_on_version_conflict=True))
    assert ["skipped", "created"] == statuses(skipped)
    assert skipped.ok
    refused = run(Store(stored), applying(items))
    assert ["failed", "created"] == statuses(refused)
    assert isinstance(refused.items[0].error, DmsConflictError)


@both
def test_flags_are_sent_as_they_were_given(run: Run) -> None:
    """What is left out, or None, is not sent; every request has the others."""
    store = Store()
    flags = {"replace": True, "auto_create_start_nodes": False, "auto_create_direct_relations": None}
    run(store, applying(nodes(3), chunk_size=2, **flags))
    assert [{"items", "replace", "autoCreateStartNodes"}] * 2 == [set(body) for body in store.bodies]
    assert [(True, False)] * 2 == [(body["replace"], body["autoCreateStartNodes"]) for body in store.bodies]


@both
def test_nothing_to_do_sends_nothing(run: Run) -> None:
    """No items, no requests."""
    store = Store()
    assert ApplyResult([]) == run(store, applying([]))
    assert ApplyResult([]) == run(store, applying(iter([])))
    assert [] == run(store, lambda client: client.instances.delete([]))
    assert [] == store.asked


@both
def test_an_answer_that_leaves_an_item_out(run: Run) -> None:
    """Nobody knows what became of the item, unless newer ones were to be skipped."""
    canned = Canned(lambda asked: {"items": [], "deleted": []})
    result = run(canned, applying(nodes(1)))
    assert ["unknown"] == statuses(result)
    assert "instances.apply: the answer does not list the item" in str(result.items[0].error)
    assert ["skipped"] == statuses(run(canned, applying(nodes(1), skip_on_version_conflict=True)))


# many requests


@both
def test_items_and_deletes_fill_one_request_if_they_can(run: Run) -> None:
    """Together they are one transaction, and a request costs as much as a thousand items."""
    store = Store(*nodes(2))
    run(store, applying(nodes(2, start=5), delete=[NodeId(SPACE, name) for name in names(2)], chunk_size=4))
    assert [["n5", "n6", "-n0", "-n1"]] == store.sent


@both
def test_deletes_follow_all_items_and_nodes_follow_edges(run: Run) -> None:
    """However many requests may be under way, the next kind waits for the one before."""
    store = Store(*nodes(6), *(edge(f"e{number}", f"n{number}", "n0") for number in range(3)))
    deletes = [NodeId(SPACE, name) for name in names(3)] + [EdgeId(SPACE, f"e{number}") for number in range(3)]
    result = run(store, applying(nodes(4, start=10), delete=deletes, chunk_size=2, parallel=1))
    assert [
        ["n10", "n11"],
        ["n12", "n13"],
        ["-e0", "-e1"],
        ["-e2"],
        ["-n0", "-n1"],
        ["-n2"],
    ] == store.sent
    assert [*["created"] * 4, *["deleted"] * 6] == statuses(result)


@both
def test_what_is_referred_to_is_written_first(run: Run) -> None:
    """An edge that comes before its nodes is sent after them; results keep the order of the input."""
    store = Store()
    items = [edge("e", "n0", "n1"), node_item("n2", to=link("n1")), *nodes(2)]
    result = run(store, applying(items, chunk_size=1, parallel=4, auto_create_direct_relations=False, delete=()))
    assert ["e", "n2", "n0", "n1"] == [item.id.external_id for item in result.items]
    order = [sent for [sent] in store.sent]
    assert order.index("e") > max(order.index("n0"), order.index("n1"))
    assert order.index("n2") > order.index("n1")
    assert ["failed", "created", "created", "created"] == statuses(result)  # the type of the edge is not there


@both
def test_an_instance_that_is_written_twice_is_written_in_order(run: Run) -> None:
    """In one request after the other; the last one counts."""
    store = Store()
    result = run(store, applying([node_item("a", size=1), node_item("b"), node_item("a", size=2)]))
    assert [["a", "b"], ["a"]] == store.sent
    assert ["created", "created", "updated"] == statuses(result)
    stored = store.dms.stored("a")
    assert stored is not None
    assert {"size": 2} == properties_of(stored)


@both
def test_a_delete_that_is_named_twice_is_sent_once(run: Run) -> None:
    """All its places tell the same."""
    store = Store(*nodes(2))
    ids: list[Any] = [
        NodeId(SPACE, "n1"),
        NodeId(SPACE, "n0"),
        {"instanceType": "node", **link("n1")},
        NodeId(SPACE, "n1"),
    ]
    result = run(store, applying((), delete=ids))
    assert [["-n1", "-n0"]] == store.sent
    assert ["deleted"] * 4 == statuses(result)
    assert [0, 1, 2, 3] == [item.index for item in result.items]
    store.dms.put(nodes(2))
    assert [NodeId(SPACE, "n1"), NodeId(SPACE, "n0")] == run(store, lambda client: client.instances.delete(ids))


@both
def test_deletes_go_by_the_thousand(run: Run) -> None:
    """Edges first, one request after the other; the ids of those that were there come back in the order given."""
    store = Store(*nodes(1500), edge("e", "n0", "n1"))
    ids = [NodeId(SPACE, name) for name in names(1501)]
    assert ids[:-1] == run(store, lambda client: client.instances.delete(ids))
    assert [1000, 501] == [len(sent) for sent in store.sent]
    assert {"/models/instances/delete"} == {asked.path for asked in store.asked}
    one = NodeId(SPACE, "n1500")
    assert [] == run(store, lambda client: client.instances.delete(one))


# streams


@both
def test_a_stream_is_read_window_by_window(run: Run) -> None:
    """Four requests for each that may be under way are planned together; no item more is taken before they are done."""
    store = Store()
    drawn = 0
    seen: list[int] = []

    def items() -> Iterator[Json]:
        nonlocal drawn
        for item in nodes(40):
            drawn += 1
            yield item

    store.misbehave = lambda asked, carry_out: seen.append(drawn)
    result = run(store, applying(items(), chunk_size=2, parallel=2))
    assert ["created"] * 40 == statuses(result)
    assert [*[16] * 8, *[32] * 8, *[40] * 4] == seen


@both
def test_a_list_is_ordered_as_a_whole_and_a_stream_within_its_window(run: Run) -> None:
    """Of a list, what comes last is written first where the first refers to it."""
    items = [node_item("a", to=link("n29")), *nodes(30)]
    arguments = {"chunk_size": 1, "parallel": 1, "auto_create_direct_relations": False}
    assert ["created"] * 31 == statuses(run(Store(), applying(items, **arguments)))
    assert ["failed", *["created"] * 30] == statuses(run(Store(), applying(iter(items), **arguments)))


@both
def test_results_are_told_as_they_become_known(run: Run) -> None:
    """The first ones are there before the last items are taken."""
    store = Store()
    events: list[str] = []

    def items() -> Iterator[Json]:
        for item in nodes(9):
            events.append(item["externalId"])
            yield item

    def each(client: Any) -> Any:
        results = client.instances.apply_each(items(), chunk_size=1, parallel=1)
        return noted_later(results, events) if hasattr(client, "aclose") else noted(results, events)

    run(store, each)
    assert [*names(4), *["created"] * 4] == events[:8]
    assert 18 == len(events)


def noted(results: Iterator[ItemResult], events: list[str]) -> Iterator[ItemResult]:
    """The results; their statuses are noted on the way."""
    for result in results:
        events.append(result.status)
        yield result


async def noted_later(results: AsyncIterator[ItemResult], events: list[str]) -> AsyncIterator[ItemResult]:
    """The same for those that come asynchronously."""
    async for result in results:
        events.append(result.status)
        yield result


def test_an_iteration_that_is_left_early_ends_the_apply() -> None:
    """No more items are taken, and none are sent."""
    store = Store()
    items = iter(nodes(40))
    with store.client() as client:
        results = client.instances.apply_each(items, chunk_size=1, parallel=1)
        assert "n0" == getattr(next(results).id, "external_id", None)
        results.close()
    assert len(store.asked) <= 2
    assert "n4" == next(items)["externalId"]


@pytest.mark.parametrize("deletes", [0, 2])
def test_items_may_come_asynchronously(deletes: int) -> None:
    """An asynchronous generator is read like a stream, and deletes follow it."""
    store = Store(*nodes(2))

    async def items() -> AsyncIterator[Json]:
        for item in nodes(9, start=10):
            await asyncio.sleep(0)
            yield item

    async def apply() -> ApplyResult:
        async with store.async_client() as client:
            ids = [NodeId(SPACE, name) for name in names(deletes)]
            return await client.instances.apply(items(), delete=ids, chunk_size=2, parallel=1)

    assert [*["created"] * 9, *["deleted"] * deletes] == statuses(asyncio.run(apply()))
    assert [2, 2, 2, 2, 1, 2][: 5 + deletes // 2] == [len(sent) for sent in store.sent]


# refusals


@both
def test_a_refused_request_is_cut_until_the_item_at_fault_stands_alone(run: Run) -> None:
    """Everything else is written; the halves keep their order."""
    store = Store()
    items = nodes(8)
    items[5] = node_item("n5", size=BAD)
    result = run(store, applying(items))
    assert [*["created"] * 5, "failed", *["created"] * 2] == statuses(result)
    error = result.items[5].error
    assert isinstance(error, DmsRequestError)
    assert (400, "instances.apply") == (error.status, error.operation)
    assert [
        names(8),
        names(4),
        names(4, start=4),
        names(2, start=4),
        ["n4"],
        ["n5"],
        names(2, start=6),
    ] == store.sent


@both
def test_what_is_behind_a_refused_request_waits_for_its_parts(run: Run) -> None:
    """An item whose target stands in a request that was cut is sent after the part with the target."""
    store = Store()
    items = [node_item("n0", size=BAD), *nodes(3, start=1), *(node_item(f"m{n}", to=link(f"n{n}")) for n in (1, 2, 3))]
    result = run(store, applying(items, chunk_size=4, parallel=4, auto_create_direct_relations=False))
    assert ["failed", *["created"] * 6] == statuses(result)


@both
@pytest.mark.parametrize("status", [400, 404, 408, 409, 413, 422, 500, 504])
def test_what_may_be_the_fault_of_some_is_cut(run: Run, status: int) -> None:
    """Of too many items, and of those that the service cannot do, the halves are tried."""
    store = Store()
    store.policy = store.policy._replace(retries=0)
    store.misbehave = lambda asked, carry_out: refusal(status) if len(asked.body["items"]) > 2 else None
    assert ["created"] * 5 == statuses(run(store, applying(nodes(5))))
    assert [5, 2, 3, 1, 2] == [len(sent) for sent in store.sent]


@both
def test_a_space_that_may_not_be_written_does_not_stop_the_others(run: Run) -> None:
    """A 403 is cut as long as there are several spaces: access is granted by space (dms-api.md 1.4)."""
    store = Store()
    store.dms = LittleDms(spaces=[SPACE, "closed"], clock=store.dms.clock)
    closed = [{**item, "space": "closed"} for item in nodes(4)]
    store.misbehave = lambda asked, carry_out: (
        refusal(403) if any(item["space"] == "closed" for item in asked.body["items"]) else None
    )
    result = run(store, applying([*nodes(4), *closed]))
    assert [*["created"] * 4, *["failed"] * 4] == statuses(result)
    assert isinstance(result.items[-1].error, DmsAuthError)
    assert [8, 4, 4] == [len(sent) for sent in store.sent]


@both
def test_what_has_no_json_form_fails_alone(run: Run) -> None:
    """It is found when the request is written; nothing of that request has been sent."""
    store = Store()
    items = nodes(4)
    items[2] = node_item("n2", size=object())
    result = run(store, applying(items))
    assert ["created", "created", "failed", "created"] == statuses(result)
    assert "cannot be written as JSON: a object has no JSON form" in str(result.items[2].error)
    assert [["n0", "n1"], ["n3"]] == store.sent


@both
@pytest.mark.parametrize(
    ("items", "delete", "place", "message"),
    [
        ([{"instanceType": "node", "space": SPACE, "externalId": ""}], [], 0, "items[0].externalId: must be"),
        ([*nodes(1), {}], [], 1, "items[1].instanceType: must be"),
        ([None], [], 0, "items[0]: must be an object; got None"),
        (["text"], [], 0, "items[0]: must be an object; got 'text'"),
        (nodes(1), [NodeId("", "a")], 1, "delete[1].space: must be"),
        (nodes(1), [{"space": SPACE}], 1, "delete[1].instanceType: must be"),
        (nodes(1), ["text"], 1, "delete[1]: must be an object; got 'text'"),
        (nodes(1), [7], 1, "delete[1]: must be an object; got 7"),
    ],
)
def test_what_is_against_the_rules_is_not_sent(run: Run, items: Any, delete: Any, place: int, message: str) -> None:
    """It fails with its place; everything else is carried out."""
    store = Store()
    result = run(store, applying(items, delete=delete))
    assert ["failed"] == [item.status for item in result.items if not item.ok]
    error = result.items[place].error
    assert isinstance(error, DmsInputError)
    assert f"instances.apply: not sent: {message}" in str(error)
    assert len(items) + len(delete) - 1 == sum(len(sent) for sent in store.sent)


@both
def test_deletes_that_are_no_ids_fail(run: Run) -> None:
    """The others are deleted; the error says which were not."""
    store = Store(*nodes(1))
    with pytest.raises(
        DmsApplyError, match="1 of 2 items were not carried out; the first, item 1: not sent:"
    ) as caught:
        run(store, lambda client: client.instances.delete([NodeId(SPACE, "n0"), "n1"]))
    assert ["deleted", "failed"] == statuses(caught.value.result)


@both
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"chunk_size": 0}, "chunk_size"),
        ({"chunk_size": 1001}, "chunk_size"),
        ({"parallel": 0}, "parallel"),
    ],
)
def test_arguments_out_of_bounds_are_refused(run: Run, arguments: Any, message: str) -> None:
    """Before anything is sent."""
    store = Store()
    with pytest.raises(DmsInputError, match=message):
        run(store, applying(nodes(1), **arguments))
    assert [] == store.asked


@both
def test_failures_are_an_error_unless_they_are_asked_for(run: Run) -> None:
    """The error carries the result as a whole, names the first failure, and has its cause."""
    store = Store()
    items = [*nodes(2), node_item("n2", size=BAD)]
    with pytest.raises(DmsApplyError) as caught:
        run(store, lambda client: client.instances.apply(items))
    error = caught.value
    assert ["created", "created", "failed"] == statuses(error.result)
    assert "1 of 3 items were not carried out; the first, data:n2: Invalid value 'bad'" in str(error)
    assert error.result.items[2].error is error.__cause__
    assert error.project


# lost answers


@both
@pytest.mark.parametrize("fault", [lose_answer, lose_request, failing_after(503), failing_after(502), refusing(503)])
def test_a_repeated_request_says_what_both_attempts_did(run: Run, fault: Misbehave) -> None:
    """What the first attempt did counts, although the second finds nothing to do; the rest is as it was before."""
    stored = [node_item("same", size=1), node_item("other", size=1)]
    store = Store(*stored, misbehave=in_turn(fault))
    result = run(store, applying([node_item("new", size=1), stored[0], node_item("other", size=2)]))
    assert ["created", "unchanged", "updated"] == statuses(result)
    assert [1, 1, 2] == [item.version for item in result.items]
    assert 2 == len(store.asked)


@both
def test_a_failure_that_was_none_counts_in_the_parts(run: Run) -> None:
    """A 500 after everything was written: the halves find nothing to do, and yet all was created just now."""
    store = Store(node_item("n3", size=3), misbehave=in_turn(failing_after(500)))
    assert [*["created"] * 3, "unchanged"] == statuses(run(store, applying(nodes(4))))
    assert [4, 2, 2] == [len(sent) for sent in store.sent]


@both
def test_deletes_are_repeated(run: Run) -> None:
    """What the lost attempt has deleted is absent for the second one."""
    store = Store(*nodes(2), misbehave=in_turn(lose_answer))
    result = run(store, applying((), delete=[NodeId(SPACE, name) for name in names(2)]))
    assert ["absent", "absent"] == statuses(result)
    assert 2 == len(store.asked)


@both
@pytest.mark.parametrize(
    "items",
    [[node_item("a", existing_version=1, size=2)], [*nodes(2), node_item("a", existing_version=1, size=2)]],
)
@pytest.mark.parametrize("fault", [lose_answer, lose_request, refusing(503), failing_after(500)])
def test_versions_are_not_repeated_blindly(run: Run, items: list[Json], fault: Misbehave) -> None:
    """The version has moved on if the lost attempt was carried out; nobody knows, and the next request goes on."""
    store = Store(node_item("a", size=1), misbehave=in_turn(fault))
    result = run(store, applying([*items, *nodes(3, start=10)], chunk_size=len(items), parallel=1))
    assert [*["unknown"] * len(items), *["created"] * 3] == statuses(result)
    assert items[0]["externalId"] == store.sent[0][0]
    assert 1 == sum("a" in sent for sent in store.sent)


@both
def test_versions_are_repeated_where_conflicts_are_skipped(run: Run) -> None:
    """The second attempt skips what the first one wrote, and the result says that it was written."""
    store = Store(node_item("a", size=1), node_item("b", size=1), misbehave=in_turn(lose_answer))
    items = [node_item("a", existing_version=1, size=2), node_item("b", existing_version=0, size=2)]
    assert ["updated", "skipped"] == statuses(run(store, applying(items, skip_on_version_conflict=True)))


@both
def test_nothing_is_repeated_where_the_caller_says_so(run: Run) -> None:
    """`safe_to_repeat=False`: a request that may have been carried out is not sent again, one that was not is."""
    store = Store(misbehave=in_turn(lose_answer))
    assert ["unknown"] * 2 == statuses(run(store, applying(nodes(2), safe_to_repeat=False)))
    assert 1 == len(store.asked)
    store = Store(misbehave=in_turn(refuse_connection))
    assert ["created"] * 2 == statuses(run(store, applying(nodes(2), safe_to_repeat=False)))


@both
def test_versions_of_deletes_are_not_repeated_blindly(run: Run) -> None:
    """A delete with `existingVersion` whose answer is lost is unknown."""
    store = Store(*nodes(1), misbehave=in_turn(lose_answer))
    versioned = {"instanceType": "node", **link("n0"), "existingVersion": 1}
    with pytest.raises(DmsApplyError, match="connection reset") as caught:
        run(store, lambda client: client.instances.delete(versioned))
    assert ["unknown"] == statuses(caught.value.result)
    assert 1 == len(store.asked)


# the end of it


@both
@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        (refusing(401), "failed", DmsAuthError),
        (refusing(429), "not_sent", DmsRateLimitError),
        (refuse_connection, "not_sent", DmsTransportError),
        (lose_request, "unknown", DmsTransportError),
        (lose_answer, "unknown", DmsTransportError),
        (refusing(503), "unknown", DmsRequestError),
    ],
)
def test_what_would_befall_every_request_stops_it(
    run: Run, fault: Misbehave, status: str, kind: type[Exception]
) -> None:
    """The rest is not sent, and knows why; what was written before is told."""
    store = Store()
    store.policy = store.policy._replace(retries=0)
    store.misbehave = lambda asked, carry_out: fault(asked, carry_out) if len(store.asked) == 2 else None
    result = run(store, applying(nodes(8), chunk_size=2, parallel=1))
    assert ["created", "created", status, status, *["not_sent"] * 4] == statuses(result)
    assert {kind} == {type(item.error) for item in result.failures}
    assert 2 == len(store.asked)


@both
def test_a_stopped_stream_is_not_read_any_further(run: Run) -> None:
    """The results are those of the items taken; the others were not even looked at."""
    store = Store(misbehave=refusing(401))
    items = iter(nodes(40))
    result = run(store, applying(items, chunk_size=2, parallel=1))
    assert [*["failed"] * 2, *["not_sent"] * 6] == statuses(result)
    assert "n8" == next(items)["externalId"]


@both
def test_parts_of_what_may_have_been_carried_out_are_unknown(run: Run) -> None:
    """What ends it all when the first half is sent says nothing of what was done before, to neither half."""
    store = Store()
    store.policy = store.policy._replace(retries=0)
    store.misbehave = in_turn(failing_after(500), refusing(401))
    result = run(store, applying(nodes(4)))
    assert ["unknown"] * 4 == statuses(result)
    store = Store()
    store.policy = store.policy._replace(retries=0, connect_retries=0)
    store.misbehave = in_turn(failing_after(500), refuse_connection)
    assert ["unknown"] * 4 == statuses(run(store, applying(nodes(4))))


@both
def test_a_service_that_fails_at_everything_is_left_alone(run: Run) -> None:
    """After ten failures in a row it is not asked about each item of a million."""
    store = Store(misbehave=refusing(500))
    result = run(store, applying(nodes(64)))
    assert {"unknown": 64} == result.counts
    assert len(store.asked) < 30


@both
def test_failures_of_some_items_do_not_stop_the_others(run: Run) -> None:
    """Only failures in a row count, and refusals of items are none of the service's."""
    bad = [node_item(f"n{number}", size=BAD) for number in range(15)]
    mixed = [item for pair in zip(bad, nodes(15, start=50), strict=True) for item in pair]
    result = run(Store(), applying(mixed))
    assert {"failed": 15, "created": 15} == result.counts


@both
def test_requests_without_answers_stop_it_in_the_end(run: Run) -> None:
    """Ten in a row that must not be repeated: the eleventh is not sent."""
    store = Store(misbehave=lose_request)
    result = run(store, applying(nodes(15), chunk_size=1, parallel=1, safe_to_repeat=False))
    assert [*["unknown"] * 10, *["not_sent"] * 5] == statuses(result)


# resuming


@both
def test_a_second_run_sends_only_the_rest(run: Run) -> None:
    """What the first run finished keeps its result; what failed, is unknown or was not sent is sent again."""
    store = Store()
    store.policy = store.policy._replace(retries=0)
    items = [*nodes(6), node_item("n6", size=BAD), node_item("n7", size=7)]
    store.misbehave = lambda asked, carry_out: refusal(401) if len(store.asked) == 3 else None
    arguments = {"chunk_size": 2, "parallel": 1, "delete": [NodeId(SPACE, "n0"), NodeId(SPACE, "n9")]}
    before = run(store, applying(items, **arguments))
    assert [*["created"] * 4, *["failed"] * 2, *["not_sent"] * 4] == statuses(before)
    store.misbehave = lambda asked, carry_out: None
    del store.asked[:]
    after = run(store, applying(items, resume=before, **arguments))
    assert [["n4", "n5"], ["n6", "n7"], ["n6"], ["n7"], ["-n0", "-n9"]] == store.sent
    assert [*["created"] * 6, "failed", "created", "deleted", "absent"] == statuses(after)
    assert list(range(10)) == [item.index for item in after.items]
    assert before.items[:4] == after.items[:4]
    del store.asked[:]
    items[6] = node_item("n6", size=6)
    assert [*["created"] * 8, "deleted", "absent"] == statuses(run(store, applying(items, resume=after, **arguments)))
    assert [["n6"]] == store.sent


def test_a_run_that_was_killed_is_resumed() -> None:
    """The results that were told until then are enough, also for a stream."""
    store = Store()
    told: list[ItemResult] = []
    with store.client() as client:
        results = client.instances.apply_each(iter(nodes(40)), chunk_size=2, parallel=1)
        told.extend(next(results) for _ in range(6))
        results.close()
    del store.asked[:]
    result = synchronous_apply(store, iter(nodes(40)), resume=ApplyResult(told), chunk_size=2, parallel=1)
    assert result.ok
    assert list(range(40)) == [item.index for item in result.items]
    assert names(34, start=6) == [name for sent in store.sent for name in sent]


@both
def test_resumed_with_another_input(run: Run) -> None:
    """What does not stand where it stood is written: an earlier result says nothing of it."""
    store = Store()
    before = run(store, applying(nodes(3), delete=[NodeId(SPACE, "n9")]))
    del store.asked[:]
    items = [*nodes(2), node_item("n7", size=7), node_item("n9", size=9)]
    after = run(store, applying(items, resume=before))
    assert [["n7", "n9"]] == store.sent
    assert ["created"] * 4 == statuses(after)


def synchronous_apply(store: Store, items: Any, **arguments: Any) -> ApplyResult:
    """Apply, and let failures be errors."""
    with store.client() as client:
        return client.instances.apply(items, **arguments)


# progress


@both
def test_progress_is_told_after_each_request(run: Run) -> None:
    """What is settled counts, well or not; the total is known for lists."""
    store = Store()
    seen: list[ApplyProgress] = []
    items = [{}, *nodes(4), node_item("bad", size=BAD)]
    run(store, applying(items, delete=[NodeId(SPACE, "n0")] * 2, chunk_size=2, parallel=1, on_progress=seen.append))
    assert [
        (3, 8, {"failed": 1, "created": 2}),
        (5, 8, {"failed": 1, "created": 4}),
        (6, 8, {"failed": 2, "created": 4}),
        (8, 8, {"failed": 2, "created": 4, "deleted": 2}),
    ] == seen


@both
def test_progress_of_a_stream_has_no_total(run: Run) -> None:
    """Nobody knows how many there are."""
    seen: list[ApplyProgress] = []
    run(Store(), applying(iter(nodes(3)), chunk_size=2, parallel=1, on_progress=seen.append))
    assert [(2, None), (3, None)] == [(progress.done, progress.total) for progress in seen]


# answers that are none

WRITTEN: Json = {
    "instanceType": "node",
    "version": 1,
    "wasModified": True,
    "space": SPACE,
    "externalId": "n0",
    "createdTime": 1,
    "lastUpdatedTime": 1,
}


def broken(item: Mapping[str, Any]) -> Iterator[Json]:
    """The item with each of its keys missing, and with values of other types."""
    for key, found in item.items():
        yield {name: value for name, value in item.items() if name != key}
        others: list[Any] = [None, [], {}, 1 if isinstance(found, str) else "text"]
        yield from ({**item, key: other} for other in others)


NO_LISTS: list[Any] = [1, "text", {"a": 1}, [1], [None], [[]]]


@both
def test_an_answer_that_is_as_it_should_be(run: Run) -> None:
    """The item that the broken ones are made of is understood."""
    assert ["created"] == statuses(run(Canned(lambda asked: {"items": [WRITTEN], "deleted": []}), applying(nodes(1))))


@pytest.mark.parametrize(
    "content",
    [
        *({"items": [item], "deleted": []} for item in broken(WRITTEN)),
        *({"items": [], "deleted": other} for other in [*NO_LISTS, [{}]]),
        *({"items": other} for other in [*NO_LISTS, None, {}]),
        {},
    ],
    ids=json.dumps,
)
def test_answers_that_are_none_leave_items_unknown(content: Json) -> None:
    """Whatever stands in the answer to an apply, the error says that the answer is none, or lacks the item."""
    canned = Canned(lambda asked: content)
    result = synchronous_return(canned, nodes(1))
    assert ["unknown"] == statuses(result)
    error = result.items[0].error
    assert error is not None
    is_unlisted = "does not list the item" in str(error)
    assert is_unlisted or isinstance(error, DmsTransportError)


def synchronous_return(canned: Canned, items: Any) -> ApplyResult:
    """Apply, and let failures be results."""
    with canned.client() as client:
        return client.instances.apply(items, on_failure="return")


@both
@pytest.mark.parametrize("items", [None, 1, "text", [1], [None], [{}], [{"instanceType": "node", "space": []}]])
def test_answers_that_are_none_leave_deletes_unknown(run: Run, items: Any) -> None:
    """The same for deletes."""
    canned = Canned(lambda asked: {"items": items})
    with pytest.raises(DmsApplyError) as caught:
        run(canned, lambda client: client.instances.delete(NodeId(SPACE, "n0")))
    assert isinstance(caught.value.result.items[0].error, DmsTransportError)
    assert ["unknown"] == statuses(caught.value.result)


# single requests


@pytest.mark.parametrize(
    ("items", "replace", "repeat"),
    [([node_item("a")], False, "idempotent"), ([node_item("a", existing_version=1)], True, "once")],
)
def test_a_single_request(items: Sequence[Json], replace: bool, repeat: str) -> None:
    """Callers that need no more than the answer get one call, repeated as an apply would be."""
    call = single_apply_call(items, replace=replace)
    assert (repeat, "write") == (call.repeat, call.family)
    assert {"items": items, **({"replace": True} if replace else {})} == call.body


def test_a_delete_has_one_request_under_way() -> None:
    """The service's default is two for a whole project (dms-api.md 1.8)."""
    assert 1 == delete_job([]).parallel
