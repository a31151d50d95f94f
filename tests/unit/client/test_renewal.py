"""Tokens that expire are renewed early, once, and for all who need them; against an identity provider over HTTP."""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from pygen.client.auth import Credentials
from pygen.client.exceptions import DmsAuthError
from pygen.client.oauth import OAuthClientCredentials, OAuthDeviceCode
from tests.unit.client.identity_provider import CANARY, Answer, IdentityProvider
from tests.unit.client.signing_in import Clock, application, async_client, both, everything_of, get, sync_client


@pytest.mark.parametrize(("left_s", "requests"), [(30, 1), (29, 2), (-5, 2)])
@both
def test_a_token_is_renewed_early(
    idp: IdentityProvider, clock: Clock, left_s: float, requests: int, *, is_async: bool
) -> None:
    """Fewer than thirty seconds left: the next request gets a new one."""
    credentials = application(idp, clock)
    get(idp, credentials, is_async=is_async)
    clock.now += 3600 - left_s
    assert 200 == get(idp, credentials, is_async=is_async)
    assert requests == len(idp.forms)


def test_a_token_that_ends_at_once_still_serves_its_request(idp: IdentityProvider) -> None:
    """An identity provider that gives seconds only is asked each time, not forever."""
    idp.expires_in = 5
    credentials = application(idp)
    assert [200, 200] == [get(idp, credentials), get(idp, credentials)]
    assert 2 == len(idp.forms)


def test_fifty_threads_ask_once(idp: IdentityProvider, clock: Clock) -> None:
    """Threads that find no token, or one that ends, share one request to the identity provider."""
    credentials = application(idp, clock)
    with sync_client(credentials) as client, ThreadPoolExecutor(50) as pool:
        start = threading.Barrier(51)

        def work() -> int:
            start.wait(10)
            return client.get(f"{idp.url}/service").status_code

        for round_ in (1, 2):
            idp.gate.clear()
            idp.asked.clear()
            futures = [pool.submit(work) for _ in range(50)]
            start.wait(10)
            assert idp.asked.wait(10)
            idp.gate.set()
            assert [200] * 50 == [future.result(10) for future in futures]
            assert round_ == len(idp.forms)
            clock.now += 3590


def test_two_hundred_tasks_ask_once(idp: IdentityProvider) -> None:
    """Tasks share one request to the identity provider, too."""

    async def main() -> list[int]:
        async with async_client(application(idp)) as client:
            return [answer.status_code for answer in await asyncio.gather(*(client.get(url) for _ in range(200)))]

    url = f"{idp.url}/service"
    assert [200] * 200 == asyncio.run(main())
    assert 1 == len(idp.forms)


def test_loops_and_threads_ask_once(idp: IdentityProvider) -> None:
    """Several event loops and threads without one share one request."""
    credentials = application(idp)
    idp.gate.clear()
    with ThreadPoolExecutor(6) as pool:
        futures = [pool.submit(get, idp, credentials, is_async=number % 2 == 0) for number in range(6)]
        assert idp.asked.wait(10)
        idp.gate.set()
        assert [200] * 6 == [future.result(10) for future in futures]
    assert 1 == len(idp.forms)


async def settle() -> None:
    """Let all tasks go as far as they can without the network."""
    for _ in range(20):
        await asyncio.sleep(0)


async def until_asked(idp: IdentityProvider) -> None:
    """Let the token endpoint be reached."""
    assert await asyncio.to_thread(idp.asked.wait, 10)


def test_a_cancelled_leader_leaves_nobody_hanging(idp: IdentityProvider) -> None:
    """One of those who waited asks in its place."""

    async def main() -> list[int]:
        idp.gate.clear()
        async with async_client(application(idp)) as client:
            leader = asyncio.create_task(client.get(url))
            await until_asked(idp)
            others = [asyncio.create_task(client.get(url)) for _ in range(5)]
            await settle()
            leader.cancel()
            await asyncio.wait([leader])
            assert leader.cancelled()
            idp.gate.set()
            return [answer.status_code for answer in await asyncio.gather(*others)]

    url = f"{idp.url}/service"
    assert [200] * 5 == asyncio.run(main())
    assert 2 == len(idp.forms)


def test_a_cancelled_follower_changes_nothing(idp: IdentityProvider) -> None:
    """Whoever stops waiting does not end the renewal for the others."""

    async def main() -> list[int]:
        idp.gate.clear()
        async with async_client(application(idp)) as client:
            tasks = [asyncio.create_task(client.get(url)) for _ in range(4)]
            await until_asked(idp)
            await settle()
            tasks[2].cancel()
            await asyncio.wait([tasks[2]])
            idp.gate.set()
            return [answer.status_code for answer in await asyncio.gather(*tasks[:2], tasks[3])]

    url = f"{idp.url}/service"
    assert [200] * 3 == asyncio.run(main())
    assert 1 == len(idp.forms)


def test_a_blocking_call_inside_an_event_loop_does_not_wait_for_that_loop(idp: IdentityProvider) -> None:
    """The renewal that the loop carries cannot go on while the loop is blocked: the call gets a token itself."""
    credentials = application(idp)

    async def main() -> list[int]:
        idp.gate.clear()
        async with async_client(credentials) as client:
            task = asyncio.create_task(client.get(f"{idp.url}/service"))
            await until_asked(idp)
            idp.gate.set()
            return [get(idp, credentials), (await task).status_code]

    assert [200, 200] == asyncio.run(main())


@both
def test_those_who_wait_share_the_failure(idp: IdentityProvider, *, is_async: bool) -> None:
    """A no of the identity provider reaches everybody, each as an error of its own, and the next call asks anew."""
    idp.answers.append(Answer(401, {"error": "invalid_client", "error_description": "wrong secret"}))
    errors = refusals(idp, application(idp), is_async=is_async)
    assert [DmsAuthError] * 5 == [type(error) for error in errors]
    assert 5 == len({id(error) for error in errors})
    assert 1 == len(idp.forms)


@both
def test_those_who_wait_share_a_broken_connection(idp: IdentityProvider, *, is_async: bool) -> None:
    """The HTTP library tells the flow nothing of a failed request, still nobody asks in vain one after the other."""
    credentials = application(idp)
    failing = {"transport": Deaf(idp)} if not is_async else {"transport": AsyncDeaf(idp)}
    errors = refusals(idp, credentials, is_async=is_async, **failing)
    assert ["ConnectError"] * 4 + ["ReadTimeout"] == sorted(type(error).__name__ for error in errors)
    assert 200 == get(idp, credentials)


class Deaf(httpx.BaseTransport):
    """Never gets an answer of the identity provider."""

    def __init__(self, idp: IdentityProvider) -> None:
        self._idp = idp
        self._asked = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Fail."""
        self._asked += 1
        assert 1 == self._asked
        raise httpx.ReadTimeout("no answer", request=request)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Fail when the test says so."""
        self._idp.asked.set()
        self._idp.gate.wait(10)
        return self.answer(request)


class AsyncDeaf(httpx.AsyncBaseTransport, Deaf):
    """The same for event loops."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Fail when the test says so."""
        self._idp.asked.set()
        await asyncio.to_thread(self._idp.gate.wait, 10)
        return self.answer(request)


def refusals(idp: IdentityProvider, credentials: Credentials, *, is_async: bool, **options: Any) -> list[BaseException]:
    """The errors of five calls, one of which leads while the others wait."""
    idp.gate.clear()
    url = f"{idp.url}/service"

    async def main() -> list[BaseException]:
        async with async_client(credentials, **options) as client:
            tasks = [asyncio.create_task(client.get(url)) for _ in range(5)]
            await until_asked(idp)
            await settle()
            idp.gate.set()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            return [outcome for outcome in outcomes if isinstance(outcome, BaseException)]

    if is_async:
        return asyncio.run(main())
    waits = Waits(credentials, 4)
    with sync_client(credentials, **options) as client, ThreadPoolExecutor(5) as pool:
        futures = [pool.submit(client.get, url) for _ in range(5)]
        assert waits.all_wait.wait(10)
        idp.gate.set()
        return [error for future in futures if (error := future.exception(10)) is not None]


class Waits:
    """Tells when so many threads wait for a renewal."""

    def __init__(self, credentials: Any, count: int) -> None:
        self.all_wait = threading.Event()
        lock = threading.Lock()
        valid = credentials._valid
        waiting = 0

        def counted(**options: Any) -> Generator[Any, Any, Any]:
            nonlocal waiting
            flow = valid(**options)
            outcome = None
            while True:
                try:
                    step = flow.send(outcome)
                except StopIteration as done:
                    return done.value
                with lock:
                    waiting += type(step).__name__ == "Await"
                    if waiting == count:
                        self.all_wait.set()
                try:
                    outcome = yield step
                except BaseException as error:  # noqa: BLE001 -- passed on
                    flow.throw(error)

        credentials._valid = counted


@both
def test_a_refused_token_is_renewed_once(idp: IdentityProvider, *, is_async: bool) -> None:
    """After a 401 the request is sent again with a new token."""
    credentials = application(idp)
    get(idp, credentials, is_async=is_async)
    idp.valid.clear()
    assert 200 == get(idp, credentials, is_async=is_async)
    assert [1, 1, 2] == [int(token[-1]) for token in idp.service_tokens]
    assert 2 == len(idp.forms)


@both
def test_a_second_refusal_stands(idp: IdentityProvider, *, is_async: bool) -> None:
    """A service that takes no token is asked twice, then its 401 is the answer."""
    idp.answers.extend(Answer(200, {"access_token": f"t{number}", "expires_in": 3600}) for number in range(3))
    assert 401 == get(idp, application(idp), is_async=is_async)
    assert ["t0", "t1"] == idp.service_tokens


def test_a_token_that_another_call_renewed_is_used(idp: IdentityProvider) -> None:
    """Only the first of those whose token was refused asks for a new one."""
    credentials = application(idp)
    flows = [credentials.sync_auth_flow(httpx.Request("GET", f"{idp.url}/service")) for _ in range(2)]
    with sync_client() as client:
        client.send(client.build_request("GET", f"{idp.url}/service"), auth=credentials)
        requests = [next(flow) for flow in flows]
        refused = [httpx.Response(401, request=request) for request in requests]
        answer = client.send(flows[0].send(refused[0]))
        assert f"Bearer {CANARY}-token-2" == flows[0].send(answer).headers["Authorization"]
        assert f"Bearer {CANARY}-token-2" == flows[1].send(refused[1]).headers["Authorization"]
    assert 2 == len(idp.forms)


@both
def test_an_answer_that_breaks_off(idp: IdentityProvider, *, is_async: bool) -> None:
    """Half a token is an error of the HTTP library, which its frames must not show; the next call asks anew."""
    idp.answers.append(Answer(200, f'{{"access_token": "{CANARY}', cut=True))
    credentials = application(idp)
    with pytest.raises(httpx.RemoteProtocolError) as caught:
        get(idp, credentials, is_async=is_async)
    assert CANARY not in everything_of(caught.value)
    assert 200 == get(idp, credentials, is_async=is_async)


@both
def test_nobody_answers(*, is_async: bool) -> None:
    """Where no identity provider listens the failure is the HTTP library's own."""
    with IdentityProvider() as gone:
        credentials = application(gone)
    with pytest.raises(httpx.ConnectError) as caught:
        get(gone, credentials, is_async=is_async)
    assert CANARY not in everything_of(caught.value)


def test_the_timeouts_are_those_of_the_client(idp: IdentityProvider) -> None:
    """A request to the identity provider waits as long as the one that needs the token."""
    request = httpx.Request("GET", idp.url, extensions={"timeout": {"read": 7.0}})
    flow = application(idp).sync_auth_flow(request)
    assert {"read": 7.0} == next(flow).extensions["timeout"]
    flow.close()
    flow = application(idp).sync_auth_flow(httpx.Request("GET", idp.url))
    assert 30.0 == next(flow).extensions["timeout"]["read"]
    flow.close()


def test_a_token_for_other_uses(idp: IdentityProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    """`token` needs no client, and shares what is held."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    credentials = application(idp)
    assert [f"{CANARY}-token-1"] * 2 == [credentials.token(), credentials.token()]
    assert 200 == get(idp, credentials)
    assert 1 == len(idp.forms)
    idp.answers.append(Answer(400, {"error": "invalid_client"}))
    with pytest.raises(DmsAuthError):
        application(idp).token()


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_copies_start_without_a_token(idp: IdentityProvider, copied: Callable[[Any], Any]) -> None:
    """A copy, here or in another process, signs in by itself."""
    url = f"{idp.authority}/oauth2/v2.0/token"
    credentials = OAuthClientCredentials(url, "app", "s")
    get(idp, credentials)
    assert 200 == get(idp, copied(credentials))
    assert 2 == len(idp.forms)
    device = copied(OAuthDeviceCode(idp.authority, "app"))
    assert "OAuthDeviceCode()" == repr(device)
