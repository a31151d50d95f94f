"""The misbehaving server behaves, and misbehaves, as its plan says; seen with a plain HTTP library."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.little_dms import BAD, SPACE, VIEW, Json, LittleDms, node_item, properties_of
from tests.support.mischief import (
    DEAF,
    HANGS_UP_AFTERWARDS,
    HTML,
    LOST,
    NOT_JSON,
    RESET_AMID,
    SHORT,
    TRICKLE,
    TRUNCATED_GZIP,
    WRONG_SHAPE,
    Fault,
    Gate,
    late,
    redirect,
    refuse,
)
from tests.support.rough_server import PROJECT, RoughServer

APPLY = "/models/instances"
LIST = "/models/instances/list"
BYIDS = "/models/instances/byids"
DELETE = "/models/instances/delete"


@pytest.fixture
def server() -> Iterator[RoughServer]:
    """A server with nothing in it."""
    with RoughServer() as server:
        yield server


@pytest.fixture
def http(server: RoughServer) -> Iterator[httpx.Client]:
    """A plain client of the server, closed before it."""
    base_url = f"{server.url}/api/v1/projects/{PROJECT}"
    with httpx.Client(base_url=base_url, headers={"Authorization": "Bearer token"}, trust_env=False) as http:
        yield http


def post(http: httpx.Client, path: str, **body: Any) -> Json:
    """The answer to a request that is expected to succeed."""
    response = http.post(path, json=body)
    assert 200 == response.status_code, response.text
    answer: Json = response.json()
    return answer


def refused(http: httpx.Client, path: str, **body: Any) -> tuple[int, str]:
    """Status and reason of a request that is expected to be refused."""
    response = http.post(path, json=body)
    error = response.json()["error"]
    assert error["code"] == response.status_code
    return response.status_code, error["message"]


def edge_item(external_id: str, start: str, end: str) -> Json:
    """An edge to be written."""
    return {
        "instanceType": "edge",
        "space": SPACE,
        "externalId": external_id,
        "type": {"space": SPACE, "externalId": "type"},
        "startNode": {"space": SPACE, "externalId": start},
        "endNode": {"space": SPACE, "externalId": end},
    }


def reference(external_id: str, **more: Any) -> Json:
    """A node to be read or deleted."""
    return {"instanceType": "node", "space": SPACE, "externalId": external_id, **more}


# what it does when nothing goes wrong


def test_versions_and_times_follow_what_changes(server: RoughServer, http: httpx.Client) -> None:
    """A node is created, left alone when nothing changes, and changed: version, `wasModified` and times say so."""
    now = [1_767_225_600.0]
    server.dms.clock = lambda: now[0]
    answers = []
    for name in ("one", "one", "two"):
        (item,) = post(http, APPLY, items=[node_item("a", name=name, kept=1)])["items"]
        answers.append((item["version"], item["wasModified"], item["createdTime"], item["lastUpdatedTime"]))
        now[0] += 1
    assert [
        (1, True, 1_767_225_600_000, 1_767_225_600_000),
        (1, False, 1_767_225_600_000, 1_767_225_600_000),
        (2, True, 1_767_225_600_000, 1_767_225_602_000),
    ] == answers


def test_a_patch_keeps_and_a_null_clears(server: RoughServer, http: httpx.Client) -> None:
    """A patch changes what it names, null clears it, and `replace` clears the rest."""
    post(http, APPLY, items=[node_item("a", name="one", size=1)])
    post(http, APPLY, items=[node_item("a", name=None, colour="red")])
    assert {"size": 1, "colour": "red"} == properties_of(server.dms.instances[SPACE, "a"])
    post(http, APPLY, items=[node_item("a", name="two")], replace=True)
    assert {"name": "two"} == properties_of(server.dms.instances[SPACE, "a"])


def test_one_bad_item_refuses_the_whole_request(server: RoughServer, http: httpx.Client) -> None:
    """A transaction is all or nothing."""
    status, message = refused(http, APPLY, items=[node_item("a", name="fine"), node_item("b", name=BAD)])
    assert (400, True) == (status, "'b'" in message)
    assert {} == server.dms.instances


def test_a_version_that_has_moved_on_is_a_conflict(server: RoughServer, http: httpx.Client) -> None:
    """`existingVersion` refuses what is newer, lets the rest through, and can be told to skip."""
    server.dms.put([node_item("a", name="one")])
    post(http, APPLY, items=[node_item("a", existing_version=1, name="two")])
    post(http, APPLY, items=[node_item("new", existing_version=0, name="new")])
    conflict = (409, "A version conflict caused the ingest to fail.")
    item = node_item("a", existing_version=1, name="three")
    assert conflict == refused(http, APPLY, items=[item])
    assert conflict == refused(http, APPLY, items=[node_item("new", existing_version=0)])
    assert conflict == refused(http, DELETE, items=[reference("a", existingVersion=1)])
    (skipped,) = post(http, APPLY, items=[item], skipOnVersionConflict=True)["items"]
    assert (2, False) == (skipped["version"], skipped["wasModified"])
    assert {"name": "two"} == properties_of(server.dms.instances[SPACE, "a"])


@pytest.mark.parametrize(
    ("missing", "flags", "created"),
    [
        ("start", {}, False),
        ("end", {"autoCreateStartNodes": True}, False),
        ("start", {"autoCreateStartNodes": True}, True),
        ("end", {"autoCreateEndNodes": True}, True),
    ],
)
def test_edges_need_their_ends(
    server: RoughServer, http: httpx.Client, missing: str, flags: Json, *, created: bool
) -> None:
    """A missing end refuses the edge, unless its own flag has it created."""
    server.dms.put([node_item("start" if missing == "end" else "end")])
    items = [edge_item("edge", "start", "end")]
    if created:
        post(http, APPLY, items=items, **flags)
    else:
        status, message = refused(http, APPLY, items=items, **flags)
        assert (409, True) == (status, message.endswith(f"node '{SPACE}:{missing}' does not exist."))
    assert created == ((SPACE, missing) in server.dms.instances)


def test_edges_may_come_with_and_before_their_ends(server: RoughServer, http: httpx.Client) -> None:
    """Nodes of the same request count as there; deleting one takes its edges along."""
    items = [edge_item("edge", "a", "b"), node_item("a"), node_item("b")]
    assert 3 == len(post(http, APPLY, items=items)["items"])
    assert [reference("b")] == post(http, DELETE, items=[reference("b"), reference("never")])["items"]
    assert {"a", "type"} == {external_id for _, external_id in server.dms.instances}


def test_targets_of_direct_relations_are_created_or_missed(server: RoughServer, http: httpx.Client) -> None:
    """By default a bare node is created; told not to, the service refuses with the recorded words."""
    link = {"space": SPACE, "externalId": "target"}
    assert (
        400,
        "Node with external id 'target' was referenced as the target of a direct relation, but it does not exist.",
    ) == refused(http, APPLY, items=[node_item("a", links=[link])], autoCreateDirectRelations=False)
    assert {} == server.dms.instances
    answer = post(http, APPLY, items=[node_item("a", link=link)])
    assert ["a"] == [item["externalId"] for item in answer["items"]]
    assert {} == server.dms.instances[SPACE, "target"]["properties"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"items": []}, "between 1 and 1000 items"),
        ({"items": [node_item(str(number)) for number in range(1001)]}, "between 1 and 1000 items"),
        ({"items": [node_item("a"), node_item("a")]}, "more than once"),
        ({"items": [{**node_item("a"), "space": "nowhere"}]}, "One or more spaces do not exist: 'nowhere'."),
        ({"items": [node_item("a")], "mode": "fast"}, "Unexpected field - mode"),
    ],
)
def test_what_no_client_may_send(http: httpx.Client, body: Json, reason: str) -> None:
    """Requests that the real service refuses are refused."""
    status, message = refused(http, APPLY, **body)
    assert (400, True) == (status, reason in message)


def test_pages_follow_their_cursors(server: RoughServer, http: httpx.Client) -> None:
    """Each instance is on one page, in order of creation; pages may be shorter than asked, or empty, and go on."""
    external_ids = server.dms.fill(10)
    server.dms.page_cap, server.dms.hollow = 3, True
    seen, sizes, cursor = [], [], None
    while True:
        page = post(http, LIST, instanceType="node", sources=[{"source": VIEW}], limit=1000, cursor=cursor)
        seen += [item["externalId"] for item in page["items"]]
        sizes.append(len(page["items"]))
        cursor = page.get("nextCursor")
        if cursor is None:
            break
    assert external_ids == seen
    assert [3, 0, 3, 0, 3, 0, 1] == sizes


@pytest.mark.parametrize("change", [{"instanceType": "edge"}, {"sources": []}, {"cursor": "made up"}])
def test_a_cursor_belongs_to_its_request(server: RoughServer, http: httpx.Client, change: Json) -> None:
    """Only the limit may change from page to page."""
    server.dms.fill(3)
    body = {"instanceType": "node", "sources": [{"source": VIEW}]}
    cursor = post(http, LIST, **body, limit=1)["nextCursor"]
    assert 2 == len(post(http, LIST, **body, limit=2, cursor=cursor)["items"])
    assert 400 == refused(http, LIST, **{**body, "limit": 1, "cursor": cursor, **change})[0]


def test_reading_by_id_leaves_out_what_is_not_there(server: RoughServer, http: httpx.Client) -> None:
    """Unknown ids, other kinds and instances without data in the source are left out; the order is that of the ids."""
    server.dms.put([node_item("a", name="A"), node_item("b", name="B"), node_item("bare")])
    items = [reference("b"), reference("no"), reference("bare"), {**reference("a"), "instanceType": "edge"}]
    answer = post(http, BYIDS, items=[*items, reference("a")], sources=[{"source": VIEW}], includeTyping=True)
    assert [("b", {"name": "B"}), ("a", {"name": "A"})] == [
        (item["externalId"], properties_of(item)) for item in answer["items"]
    ]
    assert {"model": {"Thing/v1": {}}} == answer["typing"]
    assert [{}, {}] == [item["properties"] for item in post(http, BYIDS, items=items)["items"]]


def test_spaces_are_listed(server: RoughServer, http: httpx.Client) -> None:
    """`GET /models/spaces` has pages, too."""
    server.dms = LittleDms(spaces=[f"s{number:02}" for number in range(12)])
    first = http.get("/models/spaces").json()
    second = http.get("/models/spaces", params={"cursor": first["nextCursor"]}).json()
    assert [f"s{number:02}" for number in range(12)] == [item["space"] for item in first["items"] + second["items"]]
    assert "nextCursor" not in second


def test_requests_are_remembered(server: RoughServer, http: httpx.Client) -> None:
    """Order, path, query, headers, the inflated body and the connection of each request are kept."""
    body = {"items": [node_item("a")]}
    content = gzip.compress(json.dumps(body).encode())
    answer = http.post(APPLY, content=content, headers={"Content-Encoding": "gzip", "x-cdp-app": "test"})
    http.get("/models/spaces", params={"limit": 5})
    assert 200 == answer.status_code
    assert {"x-request-id": "request-0", "content-encoding": "gzip"}.items() <= dict(answer.headers).items()
    first, second = server.requests
    assert (0, "POST", APPLY, body, "test", True) == (
        first.number,
        first.method,
        first.path,
        first.body,
        first.headers["x-cdp-app"],
        first.carried_out,
    )
    assert (1, "GET", "/models/spaces", {"limit": "5"}) == (second.number, second.method, second.path, second.query)
    assert first.connection == second.connection
    assert (1, [second]) == (server.connections, server.received("/models/spaces"))


@pytest.mark.parametrize("path", ["/models/views", "/models/instances/query"])
def test_there_is_nothing_else(http: httpx.Client, path: str) -> None:
    """Other paths are answered with a 404."""
    assert 404 == refused(http, path)[0]


def test_connections_are_counted_until_they_are_closed(server: RoughServer, http: httpx.Client) -> None:
    """A connection is kept for the next request, and gone when the client closes it."""
    for _ in range(3):
        post(http, LIST)
    assert (1, 1) == (server.open_connections, server.connections)
    http.close()
    server.wait_for_connections(0)
    assert 0 == server.open_connections


def test_it_knows_how_many_requests_were_under_way(server: RoughServer, http: httpx.Client) -> None:
    """The high-water mark counts what has come and is not answered."""
    gate = Gate()
    server.mischief.plan(*[late(gate)] * 3, path=LIST)
    with ThreadPoolExecutor(3) as threads:
        answers = [threads.submit(post, http, LIST) for _ in range(3)]
        gate.wait_for(3)
        gate.open()
    assert [{"items": []}] * 3 == [answer.result() for answer in answers]
    for _ in range(5):
        post(http, LIST)
    assert 3 == server.high_water[LIST]


def test_it_closes_with_connections_and_answers_pending() -> None:
    """Leaving the block closes idle connections, and those that wait at a gate."""
    gate = Gate()
    with RoughServer() as server, socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as idle:
        server.mischief.plan(late(gate))
        with httpx.Client(base_url=f"{server.url}/api/v1/projects/{PROJECT}", trust_env=False) as http:
            with ThreadPoolExecutor(1) as thread:
                answer = thread.submit(http.post, LIST, json={})
                gate.wait_for(1)
                server.close()
            assert isinstance(answer.exception(), httpx.TransportError)
        assert b"" == idle.recv(1)
        assert 0 == server.open_connections


def test_a_bug_of_its_own_does_not_stay_hidden() -> None:
    """An exception that no plan foresaw is raised at the end."""
    answers = []

    def ask() -> None:
        with RoughServer() as server:
            address = f"{server.url}/api/v1/projects/{PROJECT}{APPLY}"
            try:
                httpx.post(address, json={"items": [{}]}, headers={"Authorization": "Bearer token"}, trust_env=False)
            except httpx.TransportError as error:
                answers.append(error)

    with pytest.raises(KeyError):
        ask()
    assert 1 == len(answers)


# what it does when something goes wrong


@pytest.mark.parametrize(
    ("fault", "status", "headers"),
    [
        (refuse(429), 429, {}),
        (refuse(429, retry_after="7"), 429, {"Retry-After": "7"}),
        (
            refuse(503, retry_after="Wed, 01 Jan 2025 00:00:00 GMT"),
            503,
            {"Retry-After": "Wed, 01 Jan 2025 00:00:00 GMT"},
        ),
        (refuse(408), 408, {}),
        (refuse(500), 500, {}),
        (refuse(504), 504, {}),
        (refuse(409, auto_retryable="header"), 409, {"cdf-is-auto-retryable": "true"}),
        (redirect("https://elsewhere.example/"), 307, {"Location": "https://elsewhere.example/"}),
        (HTML, 502, {"Content-Type": "text/html"}),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else "",
)
def test_refusals(server: RoughServer, http: httpx.Client, fault: Fault, status: int, headers: dict[str, str]) -> None:
    """A planned refusal is answered in place of the service, which does nothing; then all is well."""
    server.mischief.plan(fault)
    response = http.post(APPLY, json={"items": [node_item("a")]})
    assert status == response.status_code
    assert headers == {name: response.headers[name] for name in headers}
    assert ({}, False) == (server.dms.instances, server.requests[0].carried_out)
    post(http, APPLY, items=[node_item("a")])
    assert 1 == server.connections


def test_a_refusal_may_say_that_it_can_be_repeated(server: RoughServer, http: httpx.Client) -> None:
    """The flag stands in the body, as recorded."""
    server.mischief.plan(refuse(409, auto_retryable="body"))
    assert {"code": 409, "message": "try again", "isAutoRetryable": True} == http.post(APPLY, json={}).json()["error"]


def test_a_gateway_may_be_wrong(server: RoughServer, http: httpx.Client) -> None:
    """A 504 can be answered although the service has done what was asked."""
    server.mischief.plan(refuse(504, carried_out=True))
    assert 504 == refused(http, APPLY, items=[node_item("a")])[0]
    assert (True, True) == ((SPACE, "a") in server.dms.instances, server.requests[0].carried_out)


@pytest.mark.parametrize(
    ("fault", "error", "carried_out"),
    [
        (LOST, httpx.RemoteProtocolError, True),
        (DEAF, httpx.ReadError, False),
        (RESET_AMID, httpx.ReadError, True),
        (SHORT, httpx.RemoteProtocolError, True),
        (TRUNCATED_GZIP, ValueError, True),
        (NOT_JSON, ValueError, True),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else "",
)
def test_lost_answers(
    server: RoughServer, http: httpx.Client, fault: Fault, error: type[Exception], *, carried_out: bool
) -> None:
    """The service does what was asked or does not, as planned, and the client gets no usable answer."""
    server.mischief.plan(fault)
    with pytest.raises((error, httpx.TransportError) if fault is DEAF else error):
        http.post(APPLY, json={"items": [node_item("a", text="x" * 5000)]}).json()
    assert carried_out == server.requests[0].carried_out == ((SPACE, "a") in server.dms.instances)
    post(http, LIST)


def test_the_deaf_do_not_read(server: RoughServer, http: httpx.Client) -> None:
    """A large body meets a connection that is reset."""
    server.mischief.plan(DEAF)
    with pytest.raises(httpx.TransportError):
        http.post(APPLY, content=b"x" * 20_000_000)
    assert b"" == server.requests[0].content


def test_an_answer_of_the_wrong_shape(server: RoughServer, http: httpx.Client) -> None:
    """It is JSON, and says nothing that can be used."""
    server.mischief.plan(WRONG_SHAPE)
    assert {"items": 7} == post(http, LIST)


def test_an_answer_in_pieces(server: RoughServer, http: httpx.Client) -> None:
    """It is whole in the end."""
    server.dms.fill(100)
    server.mischief.plan(TRICKLE)
    assert 100 == len(post(http, LIST)["items"])


def test_an_answer_that_stops_amid_the_body(server: RoughServer, http: httpx.Client) -> None:
    """The rest comes when the test lets it; a client that does not wait that long hangs up, and the server sees it."""
    gate = Gate()
    server.dms.fill(100)
    server.mischief.plan(*[late(gate, amid=True)] * 2)
    with pytest.raises(httpx.ReadTimeout):
        http.post(LIST, json={}, timeout=0.1)
    gate.wait_for(1)
    server.wait_for_connections(0)
    gate.open()
    assert 100 == len(post(http, LIST)["items"])


def test_a_connection_that_was_to_be_kept(server: RoughServer, http: httpx.Client) -> None:
    """The answer is good, and the next request needs another connection."""
    server.mischief.plan(HANGS_UP_AFTERWARDS)
    post(http, LIST)
    server.wait_for_connections(0)
    post(http, LIST)
    assert 2 == server.connections


def test_tokens_expire(server: RoughServer, http: httpx.Client) -> None:
    """An expired or missing token is a 401, before anything is done; another one is fine."""
    server.expired.add("token")
    assert (401, "Unauthorized") == refused(http, APPLY, items=[node_item("a")])
    assert {} == server.dms.instances
    http.headers["Authorization"] = "Bearer fresh"
    post(http, APPLY, items=[node_item("a")])
    del http.headers["Authorization"]
    assert 401 == refused(http, LIST)[0]


def test_a_plan_is_for_certain_requests(server: RoughServer, http: httpx.Client) -> None:
    """Faults come in order, for the path and the requests that were meant; `always` goes on until it is stopped."""
    server.mischief.plan(refuse(429), refuse(503), path=LIST)
    server.mischief.always(refuse(408), path=LIST, when=lambda request: request.body.get("limit", 1000) > 500)
    statuses = [
        http.post(path, json=body).status_code
        for path, body in [(BYIDS, {"items": [reference("a")]}), *[(LIST, {})] * 4, (LIST, {"limit": 500})]
    ]
    server.mischief.stop()
    assert [200, 429, 503, 408, 408, 200, 200] == [*statuses, http.post(LIST, json={}).status_code]


def test_chance_is_bounded_and_repeatable(http: httpx.Client, server: RoughServer) -> None:
    """The same seed meets the same faults, of which a request never meets more than so many in a row."""
    runs = []
    for _ in range(2):
        server.mischief.stop()
        server.mischief.sprinkle([refuse(429), refuse(503)], seed=7, chance=0.9, in_a_row=2)
        runs.append([http.post(LIST, json={}).status_code for _ in range(30)])
    assert runs[0] == runs[1]
    assert {200, 429, 503} == set(runs[0])
    assert all(200 in runs[0][start : start + 3] for start in range(28))
