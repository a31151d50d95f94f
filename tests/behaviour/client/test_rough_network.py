"""
Both clients against a real server that misbehaves.

Every list returns each row once and in order, every write says of each item what really became of it, and no
connection outlives its client.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from itertools import chain, count, repeat
from typing import Any, TypeAlias

import pytest

from pygen.client import (
    AsyncPygenClient,
    DmsApplyError,
    DmsAuthError,
    DmsConflictError,
    DmsError,
    DmsRateLimitError,
    DmsRequestError,
    DmsTransportError,
    PygenClient,
    RetryPolicy,
)
from pygen.client.http import Connections
from pygen.client.limits import Budget, Limits
from pygen.client.models.ids import EdgeId, NodeId, ViewId
from pygen.client.results import ApplyResult
from tests.support.little_dms import BAD, SPACE, VIEW, Json, LittleDms, node_item, properties_of
from tests.support.mischief import (
    DEAF,
    FINE,
    HANGS_UP_AFTERWARDS,
    HTML,
    LOST,
    NOT_JSON,
    RESET_AMID,
    SHORT,
    TRICKLE,
    TRUNCATED_GZIP,
    WRONG_ITEMS,
    WRONG_SHAPE,
    Fault,
    Gate,
    Received,
    late,
    redirect,
    refuse,
)
from tests.support.rough_server import PROJECT, RoughServer

APPLY = "/models/instances"
LIST = "/models/instances/list"
BYIDS = "/models/instances/byids"
DELETE = "/models/instances/delete"
VIEW_ID = ViewId(VIEW["space"], VIEW["externalId"], VIEW["version"])

NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Loading the certificates of the world's authorities, for each client, would take most of the time of these tests."""

Ask: TypeAlias = Callable[[Any], Any]
"""What a user writes: takes either client, and gives a result, an awaitable of one, or something to iterate over."""

Run: TypeAlias = Callable[..., Any]
"""Does it with a client of one kind, and sees to it that the client leaves nothing behind."""


async def no_time(seconds: float) -> None:
    """Let others go on, but do not wait."""
    await asyncio.sleep(0)


def options_for(server: RoughServer, options: Mapping[str, Any]) -> dict[str, Any]:
    """What clients are made with: nothing waits between attempts, and the deadline is far away."""
    policy = RetryPolicy(deadline_s=1e6, sleep=lambda seconds: None, asleep=no_time)
    return {
        "base_url": server.url,
        "project": PROJECT,
        "credentials": "token",
        "retry": policy,
        "connections": Connections(verify=NO_AUTHORITIES),
        **options,
    }


def leaping_budget(limits: Limits) -> Budget:
    """A budget whose clock leaps ahead by more than a quiet minute each time it looks: no 429 slows it down."""
    leaps = count(0, 100)
    return Budget(limits, clock=lambda: float(next(leaps)))


def synchronous(server: RoughServer, ask: Ask, **options: Any) -> Any:
    """Ask with the synchronous client."""
    try:
        with PygenClient(**options_for(server, options)) as client:
            client.budget = leaping_budget(client.budget.limits)
            result = ask(client)
            assert not inspect.isawaitable(result)
            return list(result) if hasattr(result, "__iter__") and not isinstance(result, list | dict) else result
    finally:
        leaves_nothing(server)


def asynchronous(server: RoughServer, ask: Ask, **options: Any) -> Any:
    """Ask with the asynchronous client."""

    async def run() -> Any:
        async with AsyncPygenClient(**options_for(server, options)) as client:
            client.budget = leaping_budget(client.budget.limits)
            result = ask(client)
            if hasattr(result, "__aiter__"):
                return [each async for each in result]
            return await result

    try:
        return asyncio.run(run())
    finally:
        leaves_nothing(server)


def leaves_nothing(server: RoughServer) -> None:
    """No connection is left, at either end: a socket that was not closed warns when it is collected."""
    server.wait_for_connections(0)
    gc.collect()


@pytest.fixture(scope="module", autouse=True)
def quick_collections() -> Iterator[None]:
    """Leave aside what was there before, so that looking for leaks after each test costs little."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


both = pytest.mark.parametrize("run", [synchronous, asynchronous])


@pytest.fixture
def server() -> Iterator[RoughServer]:
    """A server with nothing in it, and no faults planned."""
    with RoughServer() as server:
        yield server


def names(faults: Sequence[Fault]) -> list[str]:
    """What faults are called in the names of tests."""
    return [fault.name for fault in faults]


TURNED_AWAY = [
    refuse(429),
    refuse(429, retry_after="1"),
    refuse(429, retry_after="Wed, 01 Jan 2025 00:00:00 GMT"),
    refuse(409, auto_retryable="body"),
    refuse(409, auto_retryable="header"),
    refuse(503, auto_retryable="header"),
]
"""The service has done nothing, and says so."""

GATEWAY = [refuse(502), refuse(503), refuse(504), HTML]
"""Something in between has given up, and the service has done nothing."""

ANSWER_LOST = [
    LOST,
    DEAF,
    RESET_AMID,
    SHORT,
    TRUNCATED_GZIP,
    NOT_JSON,
    WRONG_SHAPE,
    WRONG_ITEMS,
    refuse(502, carried_out=True),
    refuse(504, carried_out=True),
]
"""No usable answer, whatever the service has done."""

HARMLESS = [TRICKLE, HANGS_UP_AFTERWARDS]
"""The answer is good."""

ERRORS = [refuse(500), refuse(500, carried_out=True)]

REPEATED = [*TURNED_AWAY, *GATEWAY, *ANSWER_LOST]
"""What reading and idempotent writing get over."""


# lists


def every(client: Any, **options: Any) -> Any:
    """All nodes."""
    return client.instances.list(sources=[VIEW_ID], **options)


def external_ids(rows: Sequence[Json]) -> list[str]:
    """The rows by name."""
    return [row["externalId"] for row in rows]


@both
@pytest.mark.parametrize("fault", [*REPEATED, *ERRORS, *HARMLESS], ids=lambda fault: fault.name)
@pytest.mark.parametrize("page", [0, 1])
def test_a_list_gets_over_a_fault(server: RoughServer, run: Run, fault: Fault, page: int) -> None:
    """Whatever befalls whichever page: each row comes once, in order, and only the page that failed is asked again."""
    expected = server.dms.fill(25)
    server.mischief.plan(*[FINE] * page, fault, path=LIST)
    assert expected == external_ids(run(server, lambda client: every(client, chunk_size=10)))
    assert 3 + (fault not in HARMLESS) == len(server.received(LIST))


@both
@pytest.mark.parametrize("seed", range(4))
def test_a_list_gets_over_anything(server: RoughServer, run: Run, seed: int) -> None:
    """A third of all requests fail, some twice; pages are short or empty; each row comes once, in order."""
    expected = server.dms.fill(1500)
    server.dms.page_cap, server.dms.hollow = 70, True
    server.mischief.sprinkle([*REPEATED, *ERRORS, *HARMLESS], seed=seed)
    assert expected == external_ids(run(server, lambda client: every(client, chunk_size=100)))


@both
def test_a_limit_holds_on_a_rough_network(server: RoughServer, run: Run) -> None:
    """No more rows than asked for, and none is lost on the way."""
    expected = server.dms.fill(100)
    server.mischief.sprinkle(REPEATED, seed=1)
    assert expected[:42] == external_ids(run(server, lambda client: every(client, chunk_size=10, limit=42)))


@both
def test_pages_that_take_too_long_are_halved_and_grow_again(server: RoughServer, run: Run) -> None:
    """After a 408 the page is halved until the service can do it; later pages grow again."""
    expected = server.dms.fill(5000)
    too_slow = refuse(408, message="Graph query timed out.")
    server.mischief.always(
        too_slow, path=LIST, when=lambda request: request.body["limit"] > 250 and "cursor" not in request.body
    )
    assert expected == external_ids(run(server, lambda client: every(client, chunk_size=1000)))
    limits = [request.body["limit"] for request in server.received(LIST)]
    assert ([1000, 500, 250], 1000) == (limits[:3], max(limits[3:]))
    assert sorted(limits[3:-1]) == limits[3:-1]


@both
def test_a_page_that_always_takes_too_long_is_an_error(server: RoughServer, run: Run) -> None:
    """Halving ends."""
    server.dms.fill(100)
    server.mischief.always(refuse(408, message="Graph query timed out."), path=LIST)
    with pytest.raises(DmsRequestError) as caught:
        run(server, every)
    assert 408 == caught.value.status
    assert len(server.received(LIST)) < 20


@both
@pytest.mark.parametrize("amid", [False, True])
def test_a_late_answer_is_not_waited_for(server: RoughServer, run: Run, *, amid: bool) -> None:
    """An answer that stands still, before or amid its body, is given up, and the page asked for again."""
    expected = server.dms.fill(25)
    server.mischief.plan(FINE, late(Gate(), amid=amid), path=LIST)
    assert expected == external_ids(run(server, lambda client: every(client, chunk_size=10), timeout_s=0.2))
    assert 4 <= len(server.received(LIST))


@both
def test_an_answer_that_drips_meets_the_deadline(server: RoughServer, run: Run) -> None:
    """No single read times out, but the call as a whole has a deadline; the error says so."""
    server.dms.fill(25)
    gate = Gate()
    gate.open()
    server.mischief.always(late(gate, amid=True), path=LIST)
    policy = RetryPolicy(
        deadline_s=1e6, sleep=lambda seconds: None, asleep=no_time, clock=lambda: 1e7 if gate.came else 0.0
    )
    with pytest.raises(DmsTransportError, match="deadline of 1e\\+06 s is used up"):
        run(server, every, retry=policy)
    assert 1 == len(server.requests)


@both
def test_an_error_names_the_last_request(server: RoughServer, run: Run) -> None:
    """When nothing helps, the error has the id of the last request, how many there were, and what the service said."""
    server.mischief.always(refuse(503, message="down for repair"), path=LIST)
    with pytest.raises(DmsRequestError) as caught:
        run(server, every)
    error, last = caught.value, server.requests[-1]
    assert (503, "down for repair", "instances.list", PROJECT) == (
        error.status,
        error.message,
        error.operation,
        error.project,
    )
    assert (f"request-{last.number}", len(server.requests)) == (error.request_id, error.attempts)
    assert all(text in str(error) for text in ("instances.list", "down for repair", f"request-{last.number}"))


@both
@pytest.mark.parametrize(
    ("fault", "kind", "attempts"),
    [
        (refuse(429), DmsRateLimitError, 11),
        (HTML, DmsRequestError, 11),
        (LOST, DmsTransportError, 11),
        (refuse(500), DmsRequestError, 4),
        (NOT_JSON, DmsTransportError, 4),
        (TRUNCATED_GZIP, DmsTransportError, 11),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else "",
)
def test_what_never_ends_is_an_error(
    server: RoughServer, run: Run, fault: Fault, kind: type[DmsError], attempts: int
) -> None:
    """There are so many attempts and no more, and the error does not tell the token."""
    server.mischief.always(fault, path=LIST)
    with pytest.raises(kind) as caught:
        run(server, every, credentials="s3cret-token")
    assert attempts == caught.value.attempts == len(server.requests)
    assert "s3cret" not in f"{caught.value!s} {caught.value!r}"


@both
@pytest.mark.parametrize("fault", [refuse(400), refuse(403), refuse(404), redirect("https://elsewhere.example/")])
def test_what_would_fail_again_is_not_tried_again(server: RoughServer, run: Run, fault: Fault) -> None:
    """A refusal that is meant is told at once."""
    server.mischief.always(fault, path=LIST)
    with pytest.raises(DmsRequestError) as caught:
        run(server, every)
    assert (fault.status, 1) == (caught.value.status, len(server.requests))


@both
def test_a_redirect_does_not_lead_the_token_elsewhere(server: RoughServer, run: Run) -> None:
    """Another server is never asked."""
    with RoughServer() as elsewhere:
        server.mischief.always(redirect(f"{elsewhere.url}/api/v1/projects/{PROJECT}{LIST}"), path=LIST)
        with pytest.raises(DmsRequestError):
            run(server, every)
        assert [] == elsewhere.requests


@both
@pytest.mark.parametrize("status", [429, 503])
def test_the_service_says_when_to_come_back(server: RoughServer, run: Run, status: int) -> None:
    """`Retry-After` is waited for, whether it is a number or a date on the service's clock."""
    server.dms.clock = lambda: 1_735_689_600.0
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    server.mischief.plan(
        refuse(status, retry_after="70"), refuse(status, retry_after="Wed, 01 Jan 2025 00:02:00 GMT"), path=LIST
    )
    policy = RetryPolicy(deadline_s=1e6, sleep=waits.append, asleep=wait)
    run(server, every, retry=policy)
    assert [70, 120] == waits


@both
def test_an_expired_token_is_renewed(server: RoughServer, run: Run) -> None:
    """A token that has expired amid a list is asked for anew, once, and the list goes on."""
    expected = server.dms.fill(25)
    server.expired.add("old")
    tokens = chain(["good", "old"], repeat("new"))
    rows = run(server, lambda client: every(client, chunk_size=10), credentials=lambda: next(tokens))
    assert expected == external_ids(rows)
    assert [f"Bearer {token}" for token in ("good", "old", "new", "new")] == [
        request.headers["authorization"] for request in server.received(LIST)
    ]


@both
def test_a_token_that_cannot_be_renewed_is_an_error(server: RoughServer, run: Run) -> None:
    """The error says 401, and not the token."""
    server.expired.add("s3cret-token")
    with pytest.raises(DmsAuthError) as caught:
        run(server, every, credentials="s3cret-token")
    assert (401, True) == (caught.value.status, "s3cret" not in str(caught.value))
    assert len(server.requests) <= 2


@both
def test_spaces_are_listed_on_a_rough_network(server: RoughServer, run: Run) -> None:
    """Lists of schema are no different."""
    server.dms = LittleDms(spaces=[f"s{number:03}" for number in range(95)])
    server.mischief.sprinkle(REPEATED, seed=3)
    spaces = run(server, lambda client: client.spaces.list(chunk_size=10))
    assert [f"s{number:03}" for number in range(95)] == [space.space for space in spaces]


# retrieving


@both
@pytest.mark.parametrize("fault", [*REPEATED, *ERRORS, *HARMLESS], ids=lambda fault: fault.name)
def test_a_retrieve_gets_over_a_fault(server: RoughServer, run: Run, fault: Fault) -> None:
    """What is there comes, in the order asked for; what is not is left out."""
    there = server.dms.fill(30)
    wanted = [*reversed(there), "missing"]
    server.mischief.plan(fault, path=BYIDS)
    rows = run(server, lambda client: client.instances.retrieve([NodeId(SPACE, name) for name in wanted]))
    assert wanted[:-1] == external_ids(rows)


@both
@pytest.mark.parametrize("seed", range(3))
def test_a_large_retrieve_gets_over_anything(server: RoughServer, run: Run, seed: int) -> None:
    """Several requests, several of which fail: the result is complete and in order."""
    there = server.dms.fill(3500)
    server.mischief.sprinkle([*REPEATED, *ERRORS, *HARMLESS], seed=seed, chance=0.5)
    rows = run(
        server, lambda client: client.instances.retrieve([NodeId(SPACE, name) for name in there], sources=[VIEW_ID])
    )
    assert [(name, number) for number, name in enumerate(there)] == [
        (row["externalId"], properties_of(row)["number"]) for row in rows
    ]


# writing


def statuses(result: ApplyResult) -> list[str]:
    """What became of the items."""
    return [item.status for item in result.items]


def applied(run: Run, server: RoughServer, items: Sequence[Json], **options: Any) -> ApplyResult:
    """Write, and return what became of each item."""
    result = run(server, lambda client: client.instances.apply(items, on_failure="return", **options))
    assert isinstance(result, ApplyResult)
    assert list(range(len(result.items))) == [item.index for item in result.items]
    return result


def wanted_of(item: Json) -> Json:
    """The properties that an item writes."""
    (source,) = item["sources"]
    properties: Json = source["properties"]
    return properties


def tell_the_truth(server: RoughServer, before: Mapping[Any, Json], items: Sequence[Json], result: ApplyResult) -> None:
    """Compare what a client says of each item with what the server has, had, and was asked."""
    assert len(items) == len(result.items)
    for item, told in zip(items, result.items, strict=True):
        key = (item["space"], item["externalId"])
        stored, earlier = server.dms.instances.get(key), before.get(key)
        assert told.id == (EdgeId if item["instanceType"] == "edge" else NodeId)(*key)
        carried_out = [request for request in about(server, item) if request.carried_out]
        if told.ok:
            assert stored is not None
            assert wanted_of(item).items() <= properties_of(stored).items()
            assert (stored["version"], stored["createdTime"]) == (told.version, told.created_time)
            assert what_happened(earlier, stored) == told.status
        else:
            assert told.error is not None
        if told.status in {"failed", "not_sent"}:
            assert (earlier, []) == (stored, carried_out)
        if told.status == "unknown":
            assert may_be_in_doubt(server, item)


def what_happened(earlier: Json | None, stored: Json) -> str:
    """The status that says how an instance came to be as it is."""
    if earlier is None:
        return "created"
    return "unchanged" if earlier["version"] == stored["version"] else "updated"


def about(server: RoughServer, item: Json) -> list[Received]:
    """The requests that carried an item."""
    return [request for request in server.received(APPLY) if item in request.body.get("items", ())]


def may_be_in_doubt(server: RoughServer, item: Json) -> bool:
    """Whether the client cannot know what became of an item; requests that were never read may have carried it."""
    unread = [
        request
        for request in server.received(APPLY)
        if request.fault is not None and (request.fault.deaf or request.fault is HANGS_UP_AFTERWARDS)
    ]
    return bool(unread) or any(request.in_doubt for request in about(server, item))


def never_twice_in_doubt(server: RoughServer, items: Sequence[Json]) -> None:
    """After a request whose outcome nobody knows, nothing that is not idempotent is sent again."""
    for item in items:
        in_doubt = [request.in_doubt for request in about(server, item)]
        assert "existingVersion" not in item or not any(in_doubt[:-1])


@both
@pytest.mark.parametrize("fault", [*REPEATED, *ERRORS, *HARMLESS], ids=lambda fault: fault.name)
def test_a_write_gets_over_a_fault(server: RoughServer, run: Run, fault: Fault) -> None:
    """Also after a lost answer each item is said to be created, updated or unchanged as it really was."""
    server.dms.put([node_item("same", size=1), node_item("other", size=1)])
    before = dict(server.dms.instances)
    items = [node_item("same", size=1), node_item("other", size=2), node_item("new", size=3)]
    server.mischief.plan(fault, path=APPLY)
    result = applied(run, server, items)
    assert ["unchanged", "updated", "created"] == statuses(result)
    tell_the_truth(server, before, items, result)


@both
@pytest.mark.parametrize("seed", range(6))
def test_a_write_tells_the_truth_whatever_happens(server: RoughServer, run: Run, seed: int) -> None:
    """New, changed, unchanged, refused and guarded items in many requests, a third of which go wrong."""
    server.dms.put(node_item(f"n{number}", size=number) for number in range(0, 400, 2))
    before = dict(server.dms.instances)
    items = [
        node_item(
            f"n{number}",
            existing_version=1 if number // 50 == 3 else None,
            size=BAD if number % 97 == 5 else number if number % 3 else -number,
        )
        for number in range(400)
    ]
    server.mischief.sprinkle([*REPEATED, *ERRORS, *HARMLESS], seed=seed)
    result = applied(run, server, items, chunk_size=25)
    tell_the_truth(server, before, items, result)
    never_twice_in_doubt(server, items)
    bad = {place for place, item in enumerate(items) if BAD in wanted_of(item).values()}
    assert not any(result.items[place].ok for place in bad)
    assert {told.index for told in result.failures if told.status == "failed"} <= bad


@both
@pytest.mark.parametrize("fault", [*ANSWER_LOST, *GATEWAY, *ERRORS, refuse(408)], ids=lambda fault: fault.name)
def test_what_is_not_idempotent_is_not_repeated_in_doubt(server: RoughServer, run: Run, fault: Fault) -> None:
    """Of an item with `existingVersion` nobody knows what became; it is sent once, and the error says why."""
    items = [node_item("a", existing_version=0, size=1), node_item("b", size=1)]
    server.mischief.plan(fault, path=APPLY)
    result = applied(run, server, items)
    assert ["unknown", "unknown"] == statuses(result)
    assert 1 == len(server.received(APPLY))
    tell_the_truth(server, {}, items, result)
    assert all(told.error is not None and told.error.lost_since_ms is not None for told in result.items)


@both
@pytest.mark.parametrize("fault", TURNED_AWAY, ids=lambda fault: fault.name)
def test_what_was_turned_away_is_always_repeated(server: RoughServer, run: Run, fault: Fault) -> None:
    """The service says that it has done nothing, so even `existingVersion` is sent again."""
    items = [node_item("a", existing_version=0, size=1)]
    server.mischief.plan(fault, path=APPLY)
    result = applied(run, server, items)
    assert ["created"] == statuses(result)
    assert 2 == len(server.received(APPLY))


@both
def test_skipping_conflicts_is_safe_to_repeat(server: RoughServer, run: Run) -> None:
    """With `skipOnVersionConflict` a lost answer is asked for again; what was newer is said to be skipped."""
    server.dms.put([node_item("old", size=1)])
    server.dms.put([node_item("old", size=2)])
    server.mischief.plan(LOST, path=APPLY)
    items = [node_item("old", existing_version=1, size=3), node_item("new", existing_version=0, size=3)]
    result = applied(run, server, items, skip_on_version_conflict=True)
    assert ["skipped", "created"] == statuses(result)
    assert {"size": 2} == properties_of(server.dms.instances[SPACE, "old"])


@both
def test_bad_items_are_found_and_the_others_written(server: RoughServer, run: Run) -> None:
    """A request that is refused is split until the items at fault are alone, in few requests."""
    items = [node_item(f"n{number}", size=BAD if number in {17, 402} else number) for number in range(1000)]
    result = applied(run, server, items)
    tell_the_truth(server, {}, items, result)
    assert {"created": 998, "failed": 2} == result.counts
    assert [17, 402] == [told.index for told in result.failures]
    assert all(isinstance(told.error, DmsRequestError) and told.error.request_id for told in result.failures)
    assert len(server.received(APPLY)) <= 2 * 2 * 10 + 1


@both
def test_conflicts_are_told_of_the_items_that_have_them(server: RoughServer, run: Run) -> None:
    """A version that has moved on, and an edge without its end, fail alone."""
    server.dms.put([node_item("old", size=1)])
    server.dms.put([node_item("old", size=2)])
    edge = {
        "instanceType": "edge",
        "space": SPACE,
        "externalId": "edge",
        "type": {"space": SPACE, "externalId": "type"},
        "startNode": {"space": SPACE, "externalId": "new"},
        "endNode": {"space": SPACE, "externalId": "nowhere"},
        "sources": [{"source": VIEW, "properties": {"size": 1}}],
    }
    items = [node_item("old", existing_version=1, size=3), node_item("new", size=1), edge]
    before = dict(server.dms.instances)
    result = applied(run, server, items)
    tell_the_truth(server, before, items, result)
    assert ["failed", "created", "failed"] == statuses(result)
    assert [DmsConflictError, DmsConflictError] == [type(told.error) for told in result.failures]
    assert "'data:nowhere' does not exist" in str(result.failures[1].error)


@both
def test_a_missing_target_fails_alone(server: RoughServer, run: Run) -> None:
    """Where targets of direct relations are not created, the item that has a missing one is named."""
    link = {"space": SPACE, "externalId": "nowhere"}
    items = [node_item("a", size=1), node_item("b", link=link), node_item("c", size=1)]
    result = applied(run, server, items, auto_create_direct_relations=False)
    assert ["created", "failed", "created"] == statuses(result)
    tell_the_truth(server, {}, items, result)


@both
def test_a_service_that_is_down_leaves_the_rest_unsent(server: RoughServer, run: Run) -> None:
    """When the retries are used up, what was not tried is said to be so; resumed later, everything is written once."""
    items = [node_item(f"n{number}", size=number) for number in range(100)]
    server.mischief.plan(FINE, *[refuse(429)] * 22, path=APPLY)
    result = applied(run, server, items, chunk_size=10, parallel=1)
    tell_the_truth(server, {}, items, result)
    assert ["created"] * 10 == statuses(result)[:10]
    assert set(statuses(result)[20:]) == {"not_sent"}
    server.mischief.stop()
    resumed = applied(run, server, items, chunk_size=10, resume=result)
    assert ["created"] * 100 == statuses(resumed)
    assert all(1 == sum(request.carried_out for request in about(server, item)) for item in items)


@both
def test_failures_are_raised_with_the_result(server: RoughServer, run: Run) -> None:
    """By default the failure of an item is an error, which holds the result of every item."""
    items = [node_item("a", size=1), node_item("b", size=BAD)]
    with pytest.raises(DmsApplyError) as caught:
        run(server, lambda client: client.instances.apply(items))
    assert ["created", "failed"] == statuses(caught.value.result)
    tell_the_truth(server, {}, items, caught.value.result)


@both
@pytest.mark.parametrize("fault", [*REPEATED, *ERRORS, *HARMLESS], ids=lambda fault: fault.name)
def test_a_delete_gets_over_a_fault(server: RoughServer, run: Run, fault: Fault) -> None:
    """What was to go is gone; as long as no answer was lost, those are named that were there."""
    server.dms.put([node_item("a"), node_item("b"), node_item("stays")])
    server.mischief.plan(fault, path=DELETE)
    ids = [NodeId(SPACE, name) for name in ("a", "never", "b")]
    deleted = run(server, lambda client: client.instances.delete(ids))
    assert {(SPACE, "stays")} == server.dms.instances.keys()
    if not any(request.carried_out and request.fault is fault for request in server.requests) or fault in HARMLESS:
        assert [ids[0], ids[2]] == deleted


# connections


async def gathered(client: AsyncPygenClient, names: Sequence[str]) -> list[list[Json]]:
    """One retrieve for each node, all at once."""
    return await asyncio.gather(*(client.instances.retrieve([NodeId(SPACE, name)]) for name in names))


def test_a_thousand_retrieves_stay_within_the_budget(server: RoughServer) -> None:
    """However many ask at once, no more requests are under way than the budget has room for, and it is used."""
    there = server.dms.fill(1000)
    budget = Limits().read
    gate = Gate()
    server.mischief.plan(*[late(gate)] * budget, path=BYIDS)

    async def run() -> list[list[Json]]:
        async with AsyncPygenClient(**options_for(server, {})) as client:
            asking = asyncio.ensure_future(gathered(client, there))
            await asyncio.to_thread(gate.wait_for, budget)
            gate.open()
            return await asking

    found = asyncio.run(run())
    leaves_nothing(server)
    assert [[name] for name in there] == [external_ids(rows) for rows in found]
    assert (1000, budget) == (len(server.received(BYIDS)), server.high_water[BYIDS])
    assert server.connections <= 20


def test_two_clients_of_a_project_share_the_budget(server: RoughServer) -> None:
    """The service counts per project, so the clients of a process do, too."""
    there = server.dms.fill(100)
    budget = Limits().read
    gate = Gate()
    server.mischief.plan(*[late(gate)] * budget, path=BYIDS)

    async def run() -> list[list[list[Json]]]:
        options = options_for(server, {})
        async with AsyncPygenClient(**options) as first, AsyncPygenClient(**options) as second:
            asking = [asyncio.ensure_future(gathered(client, there)) for client in (first, second)]
            await asyncio.to_thread(gate.wait_for, budget)
            gate.open()
            return await asyncio.gather(*asking)

    assert [[[name] for name in there]] * 2 == [[external_ids(rows) for rows in found] for found in asyncio.run(run())]
    assert budget == server.high_water[BYIDS]


CANCELLED: dict[str, Callable[[AsyncPygenClient], Any]] = {
    "list": lambda client: every(client, chunk_size=10).all(),
    "retrieve": lambda client: client.instances.retrieve([NodeId(SPACE, "n000001")]),
    "large-retrieve": lambda client: client.instances.retrieve(
        [NodeId(SPACE, f"n{number:06}") for number in range(3000)]
    ),
    "apply": lambda client: client.instances.apply([node_item("new", size=1)]),
}


@pytest.mark.parametrize("amid", [False, True])
@pytest.mark.parametrize("name", CANCELLED)
def test_cancellation_leaves_no_open_connection(server: RoughServer, name: str, *, amid: bool) -> None:
    """A task that is cancelled while its answer is on the way hangs up, although the client lives on."""
    there = server.dms.fill(50)
    gate = Gate()
    server.mischief.plan(*[late(gate, amid=amid)] * 4)

    async def run() -> None:
        async with AsyncPygenClient(**options_for(server, {})) as client:
            asking = asyncio.ensure_future(CANCELLED[name](client))
            await asyncio.to_thread(gate.wait_for, 1)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            await asyncio.to_thread(server.wait_for_connections, 0)
            server.mischief.stop()
            assert set(there) <= set(external_ids(await every(client).all()))

    asyncio.run(run())
    leaves_nothing(server)


def test_leaving_a_list_early_leaves_nothing_under_way(server: RoughServer) -> None:
    """Whoever breaks out of a list, while the next page is on its way, is not kept waiting by it for long."""
    server.dms.fill(50)
    with PygenClient(**options_for(server, {})) as client:
        for row in every(client, chunk_size=10):
            assert "n000000" == row["externalId"]
            break
    leaves_nothing(server)


def test_leaving_a_list_early_leaves_nothing_under_way_async(server: RoughServer) -> None:
    """The same with `async for`; the client is closed while the next page is on its way."""
    server.dms.fill(50)
    gate = Gate()
    server.mischief.plan(FINE, late(gate), path=LIST)

    async def run() -> None:
        async with AsyncPygenClient(**options_for(server, {})) as client:
            pages: AsyncIterator[Any] = every(client, chunk_size=10).pages()
            assert 10 == len((await anext(pages)).items)
            await asyncio.to_thread(gate.wait_for, 1)

    asyncio.run(run())
    leaves_nothing(server)


@both
def test_connections_are_kept_for_the_next_request(server: RoughServer, run: Run) -> None:
    """A long list needs no more than one or two connections."""
    server.dms.fill(300)
    run(server, lambda client: every(client, chunk_size=10))
    assert server.connections <= 2
