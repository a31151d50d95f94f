"""
The service as a function of requests: projects, authentication, faults, and what goes with every answer.

It knows nothing of sockets: `pygen.sandbox.server` puts it behind a port, `pygen.sandbox.transport` in process.
"""

from __future__ import annotations

import logging
import re
import sqlite3
import time
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from pygen.sandbox.datapoints_protobuf import PROTOBUF, protobuf_reply
from pygen.sandbox.faults import Fault, Faults
from pygen.sandbox.http import Reply, Request, json_reply
from pygen.sandbox.problems import Refusal
from pygen.sandbox.routes import LAG_PARAM, LINKS, LINKS_PARAM, Route, find_route
from pygen.sandbox.store import Store

__all__ = ["Handled", "Service"]

logger = logging.getLogger("pygen.sandbox")

_PROJECT = re.compile(r"/api/v1/projects/([^/]+)(/.*)")
_TOKEN_ENDPOINT = re.compile(r"/(?:[^/]+/)?oauth2(?:/v2\.0)?/token")
TOKEN_LIFETIME_S = 3600


class Handled(NamedTuple):
    """
    What to do with a request.

    Attributes:
        reply: The answer; None where the connection is closed without one.
        cut: Whether the connection is closed in the middle of the answer.
        wait_s: How long to wait before it.
    """

    reply: Reply | None
    cut: bool = False
    wait_s: float = 0.0


class Service:
    """
    The service.

    Args:
        projects: The data of each project.
        token: The bearer token that is demanded; None takes any.
        faults: What goes wrong.
    """

    def __init__(
        self, projects: Mapping[str, Store], *, token: str | None = None, faults: Faults | None = None
    ) -> None:
        self.projects = dict(projects)
        self.faults = faults or Faults()
        self._token = token

    def handle(self, request: Request) -> Handled:
        """Answer a request; whatever happens, there is an answer in the form of DMS."""
        request_id = str(uuid.uuid4())
        began = time.monotonic()
        fault = self._fault(request)
        if fault is None or fault.carried_out or fault.kind in {"truncate", "slow", "search_lag"}:
            lag_s = fault.delay if fault is not None and fault.kind == "search_lag" else 0.0
            reply = self._guarded(partial(self._answer, lag_s=lag_s), request)
        else:
            reply = None
        handled = self._spoilt(fault, reply, request)
        if handled.reply is not None:
            headers = {**handled.reply.headers, "x-request-id": request_id}
            handled = handled._replace(reply=handled.reply._replace(headers=headers).encoded_for(request))
        logger.info(
            "%s %s -> %s, %.0f ms%s",
            request.method,
            request.path,
            handled.reply.status if handled.reply else "no answer",
            (time.monotonic() - began) * 1000,
            f", fault: {fault.kind}" if fault else "",
        )
        return handled

    # --- faults ---

    def _fault(self, request: Request) -> Fault | None:
        found = _PROJECT.fullmatch(request.path)
        if found is None:
            return None
        return self.faults.meet(request.method, found[2], has_cursor=lambda: _has_cursor(request))

    def _spoilt(self, fault: Fault | None, reply: Reply | None, request: Request) -> Handled:
        if fault is None:
            return Handled(reply)
        match fault.kind:
            case "reset":
                return Handled(None)
            case "truncate":
                return Handled(reply, cut=True)
            case "slow":
                return Handled(reply, wait_s=fault.delay)
            case "search_lag":
                return Handled(reply)
        message = next(iter(self.projects.values())).settings.too_many_requests if self.projects else ""

        def refuse(_: Request) -> Reply:
            raise fault.refusal(message)

        return Handled(self._guarded(refuse, request))

    # --- answers ---

    def _guarded(self, answer: Callable[[Request], Reply], request: Request) -> Reply:
        try:
            return answer(request)
        except Refusal as refusal:
            said = refusal
        except RecursionError:
            said = Refusal("The request is nested too deeply")
        except sqlite3.OperationalError as error:
            said = _storage_refusal(error)
            if said.status >= 500:
                logger.exception("%s %s failed", request.method, request.path)
        except Exception:  # whatever it is, a client gets an answer in the form of DMS
            logger.exception("%s %s failed", request.method, request.path)
            said = Refusal("Internal error of the sandbox; its log says more", status=500)
        return json_reply(said.status, said.body(), said.headers)

    def _answer(self, request: Request, *, lag_s: float = 0.0) -> Reply:
        if _TOKEN_ENDPOINT.fullmatch(request.path):
            return self._give_token(request)
        if request.path == "/_sandbox/faults":
            return self._administer(request)
        if request.path.startswith(LINKS):
            from pygen.sandbox.files import follow_link  # many projects have no files

            return follow_link(self.projects, request)
        if request.method == "GET" and (request.path == "/" or request.path.startswith("/browse/")):
            from pygen.sandbox.web import page  # most sandboxes are never looked at

            return page(self.projects, self._token, request)
        self._check_token(request)
        if (request.method, request.path) == ("GET", "/api/v1/token/inspect"):
            return json_reply(200, self._inspect_token())
        return self._answer_project(request, lag_s)

    def _answer_project(self, request: Request, lag_s: float) -> Reply:
        found = _PROJECT.fullmatch(request.path)
        if found is None:
            raise Refusal(f"No operation: {request.method} {request.path}", status=404)
        project = unquote(found[1])
        store = self.projects.get(project)
        if store is None:
            raise Refusal(f"There is no project {project}", status=404)
        route = find_route(request.method, found[2])
        if route is None:
            raise Refusal(f"The sandbox has no operation {request.method} {found[2]}", status=501)
        if route.gives_links:
            host = request.headers.get("host", "localhost")
            links = f"http://{host}{LINKS}{quote(project, safe='')}/"
            route = route._replace(params={**route.params, LINKS_PARAM: links})
        if lag_s:
            route = route._replace(params={**route.params, LAG_PARAM: str(int(lag_s * 1000))})
        return self._operate(route, store, request)

    @staticmethod
    def _operate(route: Route, store: Store, request: Request) -> Reply:
        body = request.json() if request.method != "GET" else {}
        if not isinstance(body, dict):
            raise Refusal("The body must be a JSON object")
        answer = route.operation()(store, body, {**request.params(), **route.params})
        if isinstance(answer, Reply):
            return answer
        if route.gives_points and PROTOBUF in request.headers.get("accept", ""):
            return protobuf_reply(answer)
        return json_reply(200, answer)

    def _check_token(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip() or (self._token is not None and token != self._token):
            raise Refusal("Unauthorized", status=401)

    def _give_token(self, request: Request) -> Reply:
        """What an identity provider answers; any client is welcome."""
        if request.method != "POST":
            raise Refusal(f"No operation: {request.method} {request.path}", status=405)
        answer = {"access_token": self._token or "dev", "expires_in": TOKEN_LIFETIME_S, "token_type": "Bearer"}
        return json_reply(200, answer, {"cache-control": "no-store"})

    def _inspect_token(self) -> dict[str, Any]:
        projects = list(self.projects)
        capabilities = [
            {name: {"actions": actions, "scope": {"all": {}}}, "projectScope": {"projects": projects}}
            for name, actions in [
                ("dataModelsAcl", ["READ", "WRITE"]),
                ("dataModelInstancesAcl", ["READ", "WRITE", "WRITE_PROPERTIES"]),
                ("timeSeriesAcl", ["READ", "WRITE"]),
                ("filesAcl", ["READ", "WRITE"]),
                ("sequencesAcl", ["READ", "WRITE"]),
            ]
        ]
        return {
            "subject": "sandbox",
            "projects": [{"projectUrlName": project, "groups": [1]} for project in projects],
            "capabilities": capabilities,
        }

    def _administer(self, request: Request) -> Reply:
        """`GET` lists the faults, `POST {"faults": [...], "seed": 1}` adds some, `DELETE` removes all."""
        if request.method == "POST":
            body = request.json()
            given = body.get("faults") if isinstance(body, dict) else None
            if not isinstance(given, list) or not isinstance(body.get("seed", 0), int):
                raise Refusal('Expected {"faults": [...]}, perhaps with a "seed"')
            faults = [Fault.read(each) for each in given]
            if "seed" in body:
                self.faults.clear(body["seed"])
            self.faults.put(faults)
        elif request.method == "DELETE":
            self.faults.clear()
        elif request.method != "GET":
            raise Refusal(f"No operation: {request.method} {request.path}", status=405)
        listed = [{**met.fault.model_dump(by_alias=True), "seen": met.seen, "met": met.met} for met in self.faults]
        return json_reply(200, {"faults": listed})

    def close(self) -> None:
        """Close the data of every project."""
        for store in self.projects.values():
            store.close()


def _has_cursor(request: Request) -> bool:
    """Whether a request brings a cursor that is not null."""
    if request.params().get("cursor"):
        return True
    try:
        body = request.json()
    except Refusal:
        return False
    if not isinstance(body, dict):
        return False
    cursors = body.get("cursors")
    return body.get("cursor") is not None or (
        isinstance(cursors, dict) and any(cursor is not None for cursor in cursors.values())
    )


def _storage_refusal(error: sqlite3.OperationalError) -> Refusal:
    """What a database that cannot do it means for the client."""
    text = str(error)
    if "full" in text:
        return Refusal(f"The sandbox cannot store more: {text}", status=507)
    if "too large" in text or "too many" in text or "stack overflow" in text:
        return Refusal("The request is too complex: fewer conditions, or less nesting")
    return Refusal("Internal error of the sandbox; its log says more", status=500)
