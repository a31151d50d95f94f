"""The change feed of a generated SDK, against the sandbox over HTTP."""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from windfarm.sdk import (
    AsyncWindfarmClient,
    Distance,
    DistanceWrite,
    MetmastWrite,
    WindfarmClient,
    WindfarmWrite,
    WindTurbine,
)

from pygen.client import AsyncPygenClient, PygenClient
from pygen.runtime import (
    Change,
    CursorExpiredError,
    DetachedError,
    DmsError,
    DmsRequestError,
    LinkWrite,
    NotWritableError,
    Sync,
)
from pygen.runtime.cache import ResultCache
from pygen.runtime.errors import ClosedError
from tests.support.wind_sandbox import SPACE, WindSandbox, turbine, wind_sandbox

PATH = "/models/instances/sync"


@pytest.fixture
def farm() -> Iterator[WindSandbox]:
    """Three turbines, and a wind farm that is no turbine."""
    with wind_sandbox(
        [*(turbine(f"t{n}", capacity=float(n)) for n in range(3)), WindfarmWrite(external_id="farm", name="F")]
    ) as found:
        yield found


def told(changes: Any) -> list[tuple[str, str]]:
    """Kind and external id of changes."""
    return [(change.kind, change.item.external_id) for change in changes]


def test_a_feed_begins_with_everything_and_ends_when_it_has_caught_up(farm: WindSandbox) -> None:
    """Without a cursor all instances of the view are created, whatever happened to them before."""
    farm.write(turbine("t1", capacity=5.0))
    changes = list(farm.client.wind_turbine.sync())
    assert {("created", "t0"), ("created", "t1"), ("created", "t2")} == set(told(changes))
    assert 3 == len(changes)
    assert {WindTurbine} == {type(change.item) for change in changes}
    assert {0.0, 5.0, 2.0} == {change.item.capacity for change in changes}


def test_later_feeds_tell_what_happened_since(farm: WindSandbox) -> None:
    """From a cursor on: created, updated and deleted; then nothing."""
    feed = farm.client.wind_turbine.sync()
    list(feed)
    farm.write(turbine("new"), turbine("t1", capacity=7.0))
    farm.client.wind_turbine.delete("t2")
    later = farm.client.wind_turbine.sync(cursor=feed.cursor)
    changes = {change.item.external_id: change for change in later}
    assert {"new": "created", "t1": "updated", "t2": "deleted"} == {name: each.kind for name, each in changes.items()}
    assert 7.0 == changes["t1"].item.capacity
    assert [None, None] == [changes["new"].deleted_time, changes["t1"].deleted_time]
    assert [] == list(farm.client.wind_turbine.sync(cursor=later.cursor))


def test_a_feed_goes_on_where_it_was_left(farm: WindSandbox) -> None:
    """A second loop over the same feed brings only what is new."""
    feed = farm.client.wind_turbine.sync()
    assert 3 == len(list(feed))
    assert [] == list(feed)
    farm.write(turbine("new"))
    assert [("created", "new")] == told(feed)


def test_a_loop_that_is_left_in_the_middle_of_a_page_loses_and_doubles_nothing(farm: WindSandbox) -> None:
    """The rest of a page comes with the next loop."""
    feed = farm.client.wind_turbine.sync()
    seen = []
    for change in feed:
        seen.append(change.item.external_id)
        if len(seen) == 2:
            break
    asked = farm.client.request_count
    rest = iter(feed)
    seen.append(next(rest).item.external_id)
    assert asked == farm.client.request_count
    assert [] == list(rest)
    assert ["t0", "t1", "t2"] == sorted(seen)


def test_deleted_items_carry_their_last_values_and_cannot_be_saved(farm: WindSandbox) -> None:
    """What is deleted is read only, belongs to no client, and says so."""
    feed = farm.client.wind_turbine.sync()
    list(feed)
    farm.client.wind_turbine.delete("t2")
    farm.write(turbine("t1", capacity=8.0))
    changes = {change.kind: change for change in feed}
    gone = changes["deleted"].item
    assert ("T2", 2.0) == (gone.name, gone.capacity)
    when = changes["deleted"].deleted_time
    assert when is not None
    assert (dt.timedelta(0), gone.last_updated_time) == (when.utcoffset(), when)
    gone.capacity = 1.0
    for purpose in (gone.save, gone.refresh, gone.delete, gone.blades.all, lambda: list(gone.work_orders)):
        with pytest.raises(DetachedError, match=r"WindTurbine \(windfarm_data:t2\) has been deleted"):
            purpose()
    assert changes["updated"].item.nacelle is None
    changes["updated"].item.capacity = 9.0
    changes["updated"].item.save()
    again = gone.as_write()
    assert "t2" == again.external_id
    farm.write(again)
    assert [("created", "t2")] == [each for each in told(feed) if each[1] == "t2"]


def test_the_relations_of_live_items_do_not_ask_about_deleted_ones(farm: WindSandbox) -> None:
    """A page's objects load together, without those that are gone."""
    feed = farm.client.wind_turbine.sync()
    list(feed)
    farm.client.wind_turbine.delete("t2")
    farm.write(turbine("t0", capacity=8.0), turbine("t1", capacity=8.0))
    live = [change.item for change in feed if change.kind != "deleted"]
    assert [[], []] == [item.blades.all() for item in live]


def test_a_cursor_never_leads_past_what_was_not_handed_out(farm: WindSandbox) -> None:
    """Whoever goes on from the cursor kept after any change, sees every later one; at most a page comes again."""
    farm.write(*(turbine(f"x{n}") for n in range(20)))
    query = farm.client.wind_turbine.list(external_id_prefix="x").chunk_size(6)
    feed = query.sync()
    order: list[str] = []
    cursors: list[str | None] = [feed.cursor]
    for change in feed:
        order.append(change.item.external_id)
        cursors.append(feed.cursor)
    assert 20 == len(set(order)) == len(order)
    for handled, cursor in enumerate(cursors):
        rest = [change.item.external_id for change in query.sync(cursor=cursor)]
        assert len(rest) == len(set(rest))
        assert set(order[handled:]) <= set(rest)
        assert handled // 6 * 6 == 20 - len(rest) or handled == 20


def test_pages_come_with_the_cursor_to_keep(farm: WindSandbox) -> None:
    """Each page of changes has its cursor; a look that finds nothing gives a fresh one."""
    farm.write(*(turbine(f"x{n}") for n in range(5)))
    query = farm.client.wind_turbine.list(external_id_prefix="x").chunk_size(2)
    pages = list(query.sync().pages())
    assert [2, 2, 1] == [len(page.changes) for page in pages]
    for place, page in enumerate(pages):
        rest = list(query.sync(cursor=page.cursor))
        assert 5 - 2 * (place + 1) == len(rest) or not rest
    feed = query.sync(cursor=pages[-1].cursor)
    (empty,) = feed.pages()
    assert [] == empty.changes
    assert feed.cursor == empty.cursor != pages[-1].cursor


def test_conditions_and_keyword_filters_hold(farm: WindSandbox) -> None:
    """A condition of the call and filters of a list choose what is told."""
    api = farm.client.wind_turbine
    assert {"t1", "t2"} == {change.item.external_id for change in api.sync(lambda t: t.capacity > 0)}
    assert ["t0"] == [change.item.external_id for change in api.list(capacity=0).sync()]
    assert ["t2"] == [
        change.item.external_id for change in api.list(min_capacity=1.0).where(lambda t: t.name == "T2").sync()
    ]


def test_without_backfill_only_what_happens_from_now_on_is_told(farm: WindSandbox) -> None:
    """The first look brings a cursor alone."""
    feed = farm.client.wind_turbine.sync(backfill=False)
    assert [] == list(feed)
    assert feed.cursor is not None
    farm.write(turbine("t0", capacity=4.0), turbine("new"))
    assert [("created", "new"), ("updated", "t0")] == sorted(told(feed))
    other = farm.client.wind_turbine.sync(backfill=False, cursor=feed.cursor)
    farm.client.wind_turbine.delete("new")
    assert [("deleted", "new")] == told(other)


def test_edges_are_followed() -> None:
    """A view of edges tells of edges, also of those that go with their node."""
    with wind_sandbox() as farm:
        mast = MetmastWrite(external_id="m", name="Mast")
        farm.write(turbine("t", metmasts=[LinkWrite(mast, DistanceWrite(external_id="e", distance=5.0))]))
        feed = farm.client.distance.sync()
        (change,) = feed
        assert ("created", Distance, 5.0) == (change.kind, type(change.item), change.item.distance)
        farm.client.wind_turbine.delete("t")
        (change,) = feed
        assert ("deleted", "e", "t") == (change.kind, change.item.external_id, change.item.start_node.external_id)


def test_units_are_converted(farm: WindSandbox) -> None:
    """Values come in the unit that was asked for."""
    feed = farm.client.wind_turbine.list(external_id="t2").target_units(capacity="power:kilow").sync()
    assert [2000.0] == [pytest.approx(change.item.capacity) for change in feed]
    farm.client.wind_turbine.delete("t2")
    ((kind, item, _),) = feed
    assert "deleted" == kind
    assert 2000.0 == pytest.approx(item.capacity)
    with pytest.raises(NotWritableError, match="it was read in power:kilow"):
        item.as_write()


def test_some_fields_only(farm: WindSandbox) -> None:
    """A selection of fields is fetched with changes, too."""
    feed = farm.client.wind_turbine.list(external_id="t2").fields(lambda t: (t.name,)).sync()
    ((_, item, _),) = feed
    assert "T2" == item.name
    with pytest.raises(AttributeError):
        _ = item.capacity


def test_following_waits_longer_while_nothing_happens(farm: WindSandbox) -> None:
    """The wait doubles up to its maximum, and a change brings it back; what happens meanwhile is told once."""
    looks: list[int] = []

    def wait() -> None:
        looks.append(len(looks))
        if len(looks) == 5:
            farm.write(turbine("new"))
        if len(looks) == 8:
            farm.write(turbine("last"))

    farm.on_wait = wait
    seen: list[str] = []
    for change in farm.client.wind_turbine.sync(follow=True, poll_s=2.0, max_poll_s=10.0):
        seen.append(change.item.external_id)
        if seen[-1] == "last":
            break
    assert ["t0", "t1", "t2"] == sorted(seen[:3])
    assert ["new", "last"] == seen[3:]
    assert [2.0, 4.0, 8.0, 10.0, 10.0, 2.0, 4.0, 8.0] == farm.waits


def test_closing_the_client_ends_a_wait() -> None:
    """Who follows is not kept waiting by a client that is closed."""
    with (
        wind_sandbox([turbine("t")]) as farm,
        PygenClient(
            base_url=farm.sandbox.base_url, project=farm.sandbox.project, credentials=farm.sandbox.token
        ) as under,
    ):
        client = WindfarmClient.from_client(under)
        feed = iter(client.wind_turbine.sync(follow=True, poll_s=3600.0, max_poll_s=3600.0))
        assert "t" == next(feed).item.external_id
        import threading

        timer = threading.Timer(0.05, under.close)
        timer.start()
        with pytest.raises(ClosedError, match="the client is closed: what is loaded"):
            next(feed)
        timer.join()


def test_closing_the_async_client_ends_a_wait() -> None:
    """The same with await: the task that follows is told, and is not kept waiting."""

    async def work(base_url: str, project: str, token: str) -> None:
        under = AsyncPygenClient(base_url=base_url, project=project, credentials=token)
        client = AsyncWindfarmClient.from_client(under)
        feed = aiter(client.wind_turbine.sync(follow=True, poll_s=3600.0, max_poll_s=3600.0))
        assert "t" == (await anext(feed)).item.external_id

        async def end() -> None:
            await asyncio.sleep(0.05)
            await under.aclose()

        ending = asyncio.create_task(end())
        with pytest.raises(ClosedError, match="the client is closed: what is loaded"):
            await anext(feed)
        await ending

    with wind_sandbox([turbine("t")]) as farm:
        asyncio.run(work(farm.sandbox.base_url, farm.sandbox.project, farm.sandbox.token))


def test_an_expired_cursor_says_how_to_go_on(farm: WindSandbox) -> None:
    """The service forgets deletions after three days; the error says what to do, and keeps the service's."""
    feed = farm.client.wind_turbine.sync()
    list(feed)
    farm.sandbox.faults.add(path=PATH, kind="expired_cursor", times=2)
    with pytest.raises(CursorExpiredError, match="Start again without a cursor") as caught:
        list(feed)
    assert isinstance(caught.value.__cause__, DmsRequestError)
    with pytest.raises(CursorExpiredError, match="accept_missed_deletes=True"):
        list(farm.client.wind_turbine.sync(cursor=feed.cursor).pages())
    farm.write(turbine("new"))
    assert [("created", "new")] == told(feed)


def test_old_cursors_are_taken_where_missed_deletions_are_accepted() -> None:
    """A cursor older than the service's memory works with accept_missed_deletes, and else not."""
    from pygen.sandbox import Sandbox, Settings
    from tests.support.wind_sandbox import MODEL, SPACE

    with (
        Sandbox(MODEL, settings=Settings(deleted_kept_ms=-1)) as sandbox,
        PygenClient(
            base_url="http://localhost",
            project=sandbox.project,
            credentials=sandbox.token,
            transport=sandbox.transport(),
        ) as under,
    ):
        under.spaces.upsert({"space": SPACE})
        client = WindfarmClient.from_client(under, instance_space=SPACE)
        client.upsert(turbine("a"))
        feed = client.wind_turbine.sync()
        list(feed)
        client.upsert(turbine("b"))
        with pytest.raises(CursorExpiredError):
            list(client.wind_turbine.sync(cursor=feed.cursor))
        later = client.wind_turbine.sync(cursor=feed.cursor, accept_missed_deletes=True)
        assert [("created", "b")] == told(later)


@pytest.mark.parametrize("is_async", [False, True])
def test_faults_in_the_middle_lose_and_double_nothing(farm: WindSandbox, is_async: bool) -> None:
    """1,000 instances over pages of 50 through breaks, refusals and slow answers: each comes once."""
    farm.write(*(turbine(f"x{n}") for n in range(1000)))
    for fault in (
        {"status": 503, "probability": 0.2, "times": 5},
        {"status": 429, "retry_after": 0, "after": 18, "times": 1},
        {"status": 408, "probability": 0.2, "times": 2},
        {"kind": "reset", "probability": 0.2, "times": 3},
        {"kind": "truncate", "probability": 0.2, "times": 3},
    ):
        farm.sandbox.faults.add(path=PATH, **fault)

    if is_async:

        async def work(client: AsyncWindfarmClient) -> list[str]:
            feed = client.wind_turbine.list(external_id_prefix="x").chunk_size(50).sync()
            return [change.item.external_id async for change in feed]

        found = farm.run(work)
    else:
        feed = farm.client.wind_turbine.list(external_id_prefix="x").chunk_size(50).sync()
        found = [change.item.external_id for change in feed]
    assert 1000 == len(found)
    assert {f"x{n}" for n in range(1000)} == set(found)
    assert farm.waits, "no fault happened"


def test_a_refusal_that_lasts_leaves_the_feed_where_it_was(farm: WindSandbox) -> None:
    """After an error the same loop may be started again; the cursor has not moved past what was handed out."""
    farm.write(*(turbine(f"x{n}") for n in range(10)))
    feed = farm.client.wind_turbine.list(external_id_prefix="x").chunk_size(4).sync()
    farm.sandbox.faults.add(path=PATH, status=400, message="No", after=1, times=1)
    seen: list[str] = []
    with pytest.raises(DmsRequestError, match="No"):
        seen.extend(change.item.external_id for change in feed)
    assert 0 < len(seen) < 10
    seen += [change.item.external_id for change in feed]
    assert sorted(f"x{n}" for n in range(10)) == sorted(seen)


def test_a_page_that_takes_too_long_is_halved(farm: WindSandbox) -> None:
    """A 408 asks for half as many, and nothing is lost."""
    farm.write(*(turbine(f"x{n}") for n in range(100)))
    farm.sandbox.faults.add(path=PATH, status=408, times=1)
    pages = list(farm.client.wind_turbine.list(external_id_prefix="x").chunk_size(100).sync().pages())
    assert [50, 50] == [len(page.changes) for page in pages][:2]
    assert 100 == sum(len(page.changes) for page in pages)


def test_two_loops_over_one_feed_are_told(farm: WindSandbox) -> None:
    """The loop that was overtaken stops with an error, instead of telling changes twice."""
    farm.write(*(turbine(f"x{n}") for n in range(6)))
    feed = farm.client.wind_turbine.list(external_id_prefix="x").chunk_size(2).sync()
    first = iter(feed)
    next(first)
    assert 5 == len(list(feed))
    with pytest.raises(RuntimeError, match="another loop"):
        next(first)


def test_a_feed_is_lazy(farm: WindSandbox) -> None:
    """Making one asks nothing, and its repr says what it is about."""
    before = farm.client.request_count
    feed = farm.client.wind_turbine.list(name="T1").sync()
    assert "<Sync of WindTurbine, where" in repr(feed)
    assert (None, before) == (feed.cursor, farm.client.request_count)
    assert isinstance(feed, Sync)


def test_a_change_is_a_tuple_of_its_parts(farm: WindSandbox) -> None:
    """Changes are unpacked, compared and copied."""
    change = next(iter(farm.client.wind_turbine.list(external_id="t1").sync()))
    kind, item, deleted_time = change
    assert ("created", "t1", None) == (kind, item.external_id, deleted_time)
    assert Change("created", item) == change == copy.deepcopy(change)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda api: api.sync(poll_s=0), "poll_s is above 0"),
        (lambda api: api.sync(poll_s=5, max_poll_s=2), "poll_s is above 0"),
        (lambda api: api.sync(poll_s=float("inf")), "poll_s is above 0, finite"),
        (lambda api: api.sync(polls=1), "poll"),
        (lambda api: api.list().limit(3).sync(), "no limit"),
        (lambda api: api.list()[3:].sync(), "no limit"),
        (lambda api: api.list().start_at("c").sync(), "a cursor of its own"),
        (lambda api: api.list().order_by(lambda t: t.name).sync(), "order_by"),
        (lambda api: api.list().narrow().sync(), "narrow"),
        (lambda api: api.list().include("blades").sync(), "include"),
    ],
)
def test_what_a_feed_cannot_do_is_said_at_once(farm: WindSandbox, ask: Any, said: str) -> None:
    """Mistakes are errors of the line that makes them, and nothing is asked."""
    before = farm.client.request_count
    with pytest.raises((TypeError, ValueError), match=said):
        ask(farm.client.wind_turbine)
    assert before == farm.client.request_count


def test_a_cursor_of_another_feed_is_the_services_refusal(farm: WindSandbox) -> None:
    """A cursor belongs to its conditions."""
    feed = farm.client.wind_turbine.sync()
    list(feed)
    with pytest.raises(DmsError):
        list(farm.client.wind_turbine.sync(lambda t: t.capacity > 1, cursor=feed.cursor))


def test_the_asynchronous_feed(farm: WindSandbox) -> None:
    """An asynchronous client follows alike: backfill, changes, cursors, pages, waits, expiry."""

    async def work(client: AsyncWindfarmClient) -> None:
        feed = client.wind_turbine.sync()
        assert {("created", f"t{n}") for n in range(3)} == {(c.kind, c.item.external_id) async for c in feed}
        farm.write(turbine("t1", capacity=8.0))
        farm.client.wind_turbine.delete("t2")
        changes = {change.kind: change async for change in client.wind_turbine.sync(cursor=feed.cursor)}
        assert {"updated": "t1", "deleted": "t2"} == {kind: c.item.external_id for kind, c in changes.items()}
        with pytest.raises(DetachedError, match="has been deleted"):
            await changes["deleted"].item.asave()
        assert [2] == [len(page.changes) async for page in feed.pages()]
        farm.on_wait = lambda: farm.write(turbine("new")) if len(farm.waits) == 3 else None
        following = client.wind_turbine.sync(cursor=feed.cursor, follow=True, poll_s=1.5)
        async for change in following:
            assert ("created", "new") == (change.kind, change.item.external_id)
            break
        assert [1.5, 3.0, 6.0] == farm.waits
        farm.sandbox.faults.add(path=PATH, kind="expired_cursor", times=1)
        with pytest.raises(CursorExpiredError):
            _ = [change async for change in following]

    farm.run(work)


def test_an_asynchronous_wait_can_be_cancelled(farm: WindSandbox) -> None:
    """Who follows in a task of their own can end it."""

    async def work(client: AsyncWindfarmClient) -> list[str]:
        seen: list[str] = []

        async def follow() -> None:
            async for change in client.wind_turbine.sync(follow=True):
                seen.append(change.item.external_id)  # noqa: PERF401 -- as people write it

        task = asyncio.create_task(follow())
        loop = asyncio.get_running_loop()
        farm.on_wait = lambda: len(farm.waits) == 3 and loop.call_soon(task.cancel)
        with pytest.raises(asyncio.CancelledError):
            await task
        return seen

    assert ["t0", "t1", "t2"] == sorted(farm.run(work))


def test_what_is_sent_is_as_dms_wants_it() -> None:
    """The body names the view, the mode, the cursor, and that missed deletions are accepted."""
    bodies: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        import json

        bodies.append(json.loads(request.content))
        return httpx.Response(200, json={"items": {"changes": []}, "nextCursor": {"changes": f"c{len(bodies)}"}})

    with PygenClient(
        base_url="http://localhost", project="p", credentials="t", transport=httpx.MockTransport(answer)
    ) as under:
        client = WindfarmClient.from_client(under)
        feed = client.windfarm.sync(backfill=False, accept_missed_deletes=True, cursor="c0")
        assert [] == list(feed)
    view = {"type": "view", "space": "sp_windfarm", "externalId": "Windfarm", "version": "v1"}
    assert [
        {
            "with": {
                "changes": {
                    "nodes": {"filter": {"hasData": [view]}},
                    "limit": 1000,
                    "mode": "noBackfill",
                }
            },
            "select": {"changes": {"sources": [{"source": view, "properties": ["*"]}]}},
            "cursors": {"changes": "c0"},
            "allowExpiredCursorsAndAcceptMissedDeletes": True,
        }
    ] == bodies
    assert "c1" == feed.cursor


def test_a_cache_never_answers_for_the_feed() -> None:
    """A client that keeps answers follows what others write all the same, also from the beginning."""
    with (
        wind_sandbox([turbine("a")], cache=ResultCache()) as farm,
        PygenClient(base_url=farm.sandbox.base_url, project=farm.sandbox.project, credentials="t") as under,
    ):
        feed = farm.client.wind_turbine.sync()
        assert 1 == len(list(feed))
        WindfarmClient.from_client(under, instance_space=SPACE).upsert(turbine("b"))
        assert [("created", "b")] == told(feed)
        assert 2 == len(list(farm.client.wind_turbine.sync()))
