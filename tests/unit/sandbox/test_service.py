"""The service as a function of requests: what goes with every answer."""

from __future__ import annotations

import gzip
import json
import logging
from typing import Any

import pytest

from pygen.sandbox import routes
from pygen.sandbox.http import Reply, Request, json_reply
from pygen.sandbox.problems import Refusal
from pygen.sandbox.service import Service
from pygen.sandbox.store import Store

PREFIX = "/api/v1/projects/plant"
TOKEN = {"authorization": "Bearer any"}
Json = dict[str, Any]


@pytest.fixture
def service() -> Any:
    """A service with one project."""
    made = Service({"plant": Store()})
    yield made
    made.close()


def replied(service: Service, request: Request) -> Reply:
    """The answer to a request."""
    reply = service.handle(request).reply
    assert reply is not None
    return reply


def post(service: Service, path: str, body: object, **headers: str) -> tuple[int, Json]:
    """Status and body of the answer to a POST."""
    request = Request("POST", f"{PREFIX}{path}", "", {**TOKEN, **headers}, json.dumps(body).encode())
    reply = replied(service, request)
    return reply.status, json.loads(reply.content)


def operation(monkeypatch: pytest.MonkeyPatch, function: routes.Operation) -> None:
    """Let a function answer `/models/instances/list`."""
    monkeypatch.setattr(routes.Route, "operation", lambda self: function)


def test_every_answer_has_a_request_id_of_its_own(service: Service) -> None:
    """Answers that say no have one, too."""
    replies = [replied(service, Request("GET", "/nowhere")) for _ in range(2)]
    assert 2 == len({reply.headers["x-request-id"] for reply in replies})


@pytest.mark.parametrize("header", [{}, {"authorization": "Basic x"}, {"authorization": "Bearer "}])
def test_a_bearer_token_is_needed(service: Service, header: dict[str, str]) -> None:
    """Without one, the answer is a 401 in the form of DMS."""
    reply = replied(service, Request("GET", f"{PREFIX}/models/statistics", "", header))
    assert (401, {"error": {"code": 401, "message": "Unauthorized"}}) == (reply.status, json.loads(reply.content))


def test_a_token_can_be_demanded() -> None:
    """Then no other one is taken, and the token endpoint gives that one."""
    service = Service({"plant": Store()}, token="secret")
    ask = Request("GET", "/api/v1/token/inspect", "", {"authorization": "Bearer other"})
    assert 401 == replied(service, ask).status
    assert 200 == replied(service, ask._replace(headers={"authorization": "Bearer secret"})).status
    given = json.loads(replied(service, Request("POST", "/tenant/oauth2/v2.0/token")).content)
    assert ("secret", "Bearer", 3600) == (given["access_token"], given["token_type"], given["expires_in"])
    service.close()


def test_the_token_is_inspected(service: Service) -> None:
    """Projects and capabilities are named as CDF names them."""
    found = json.loads(replied(service, Request("GET", "/api/v1/token/inspect", "", TOKEN)).content)
    assert [{"projectUrlName": "plant", "groups": [1]}] == found["projects"]
    assert "dataModelInstancesAcl" in {name for capability in found["capabilities"] for name in capability}


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", f"{PREFIX}/assets", 501, "GET /assets"),
        ("PATCH", f"{PREFIX}/models/spaces", 501, "PATCH /models/spaces"),
        ("GET", "/api/v1/projects/other/models/spaces", 404, "other"),
        ("GET", "/elsewhere", 404, "GET /elsewhere"),
    ],
)
def test_what_is_not_there_is_named(service: Service, method: str, path: str, status: int, words: str) -> None:
    """An operation that the sandbox lacks is a 501, an unknown project or place a 404."""
    reply = replied(service, Request(method, path, "", TOKEN))
    assert status == reply.status
    assert words in json.loads(reply.content)["error"]["message"]


@pytest.mark.parametrize(
    ("content", "encoding", "words"),
    [
        (b"{", "", "not valid JSON"),
        (b'{"a": NaN}', "", "not valid JSON"),
        (b"[]", "", "must be a JSON object"),
        (b"\xff", "", "not valid JSON"),
        (b"{}", "gzip", "not valid gzip"),
        (gzip.compress(b"{}", mtime=0)[:-9], "gzip", "ends too early"),
        (b"{}", "br", "Content-Encoding br"),
    ],
)
def test_a_body_that_is_none_is_refused(service: Service, content: bytes, encoding: str, words: str) -> None:
    """JSON, its encoding and its kind are checked, and never end in a traceback."""
    headers = {**TOKEN, "content-encoding": encoding}
    reply = replied(service, Request("POST", f"{PREFIX}/models/instances/list", "", headers, content))
    assert reply.status in {400, 415}
    assert words in json.loads(reply.content)["error"]["message"]


def test_gzip_goes_both_ways(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bodies are inflated, and answers of some size compressed for those who take it."""
    operation(monkeypatch, lambda store, body, params: {"items": [body] * 100})
    content = gzip.compress(json.dumps({"text": "x" * 50}).encode())
    headers = {**TOKEN, "content-encoding": "gzip", "accept-encoding": "gzip, deflate"}
    reply = replied(service, Request("POST", f"{PREFIX}/models/instances/list", "", headers, content))
    assert "gzip" == reply.headers["content-encoding"]
    assert [{"text": "x" * 50}] * 100 == json.loads(gzip.decompress(reply.content))["items"]


def test_parameters_reach_the_operation(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeated ones are joined."""
    operation(monkeypatch, lambda store, body, params: dict(params))
    ask = Request("GET", f"{PREFIX}/models/containers", "usedFor=node&usedFor=edge&limit=3", TOKEN)
    assert {"usedFor": "node,edge", "limit": "3"}.items() <= json.loads(replied(service, ask).content).items()


def test_a_refusal_is_answered_as_dms_does(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Status, code, message, and what else is said."""

    def refuse(store: Store, body: Any, params: Any) -> Any:
        raise Refusal("no", status=409, extra={"isAutoRetryable": True}, headers={"cdf-is-auto-retryable": "true"})

    operation(monkeypatch, refuse)
    reply = replied(service, Request("POST", f"{PREFIX}/models/spaces", "", TOKEN, b"{}"))
    assert {"error": {"code": 409, "message": "no", "isAutoRetryable": True}} == json.loads(reply.content)
    assert "true" == reply.headers["cdf-is-auto-retryable"]


def test_a_bug_is_a_500_without_a_traceback(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has it; the client learns nothing of the inside."""

    def fail(store: Store, body: Any, params: Any) -> Any:
        raise ZeroDivisionError("inner secret")

    operation(monkeypatch, fail)
    with caplog.at_level(logging.ERROR, "pygen.sandbox"):
        status, body = post(service, "/models/spaces", {})
    assert (500, "Internal error of the sandbox; its log says more") == (status, body["error"]["message"])
    assert "inner secret" in caplog.text


def test_deep_nesting_is_refused(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the parser nor an operation falls over it."""
    content = b'{"filter":' * 100_000 + b"{}" + b"}" * 100_000
    reply = replied(service, Request("POST", f"{PREFIX}/models/instances/list", "", TOKEN, content))
    assert 400 == reply.status

    def recurse(store: Store, body: Any, params: Any) -> Any:
        return recurse(store, body, params)

    operation(monkeypatch, recurse)
    assert (400, "The request is nested too deeply") == (
        post(service, "/models/spaces", {})[0],
        post(service, "/models/spaces", {})[1]["error"]["message"],
    )


def test_an_operation_may_answer_by_itself(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are no JSON."""
    operation(monkeypatch, lambda store, body, params: json_reply(201, {"made": True}))
    assert (201, {"made": True}) == post(service, "/models/spaces", {})


def test_projects_are_apart() -> None:
    """Each has a store of its own."""
    service = Service({"a": Store(), "b": Store()})
    for name in ("a", "b"):
        with service.projects[name].writing():
            service.projects[name].set_meta("name", name)
    assert ["a", "b"] == [service.projects[name].meta("name") for name in ("a", "b")]
    service.close()
