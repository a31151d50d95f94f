"""OAuth flows against a real identity provider over HTTP, with the clock in the test's hands."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
import pickle
import re
import threading
import traceback
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from pygen.client.auth import MOST_REQUESTS, Credentials
from pygen.client.exceptions import DmsAuthError, DmsRequestError
from pygen.client.oauth import OAuthClientCredentials, OAuthDeviceCode, OAuthInteractive
from pygen.errors import ConfigError
from tests.unit.client.identity_provider import CANARY, Answer, IdentityProvider


class Clock:
    """
    A clock that stands still.

    Attributes:
        now: The time; sleeping moves it.
        slept: How long was slept.
    """

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds

    async def asleep(self, seconds: float) -> None:
        """Let time pass."""
        self.sleep(seconds)


@pytest.fixture
def idp() -> Iterator[IdentityProvider]:
    """An identity provider of the test's own."""
    with IdentityProvider() as provider:
        yield provider


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


def application(idp: IdentityProvider, clock: Clock | None = None, **params: str) -> OAuthClientCredentials:
    """An application that signs in with a secret."""
    url = f"{idp.authority}/oauth2/v2.0/token"
    return OAuthClientCredentials(url, "app", f"{CANARY}-secret&+", ["read", "write"], clock=clock or Clock(), **params)


def sync_client(credentials: Credentials | None = None, **options: Any) -> httpx.Client:
    """A client that looks at no proxy."""
    return httpx.Client(auth=credentials, trust_env=False, timeout=20, max_redirects=MOST_REQUESTS, **options)


def async_client(credentials: Credentials | None = None, **options: Any) -> httpx.AsyncClient:
    """A client that looks at no proxy."""
    return httpx.AsyncClient(auth=credentials, trust_env=False, timeout=20, max_redirects=MOST_REQUESTS, **options)


def get(idp: IdentityProvider, credentials: Credentials, *, is_async: bool = False) -> int:
    """The status of one request to the service."""

    async def aget() -> int:
        async with async_client(credentials) as client:
            return (await client.get(f"{idp.url}/service")).status_code

    if is_async:
        return asyncio.run(aget())
    with sync_client(credentials) as client:
        return client.get(f"{idp.url}/service").status_code


both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


def everything_of(error: BaseException) -> str:
    """All that a report of *error* could show: messages, representations, tracebacks with local variables."""
    shown = [repr(error), str(error), repr(vars(error))]
    for cause in (error.__cause__, error.__context__):
        shown += [repr(cause), str(cause)]
    trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    # The lines of source hold what the test itself writes out.
    frames = (frame for frame in trace.stack if not frame.filename.endswith(("test_oauth.py", "identity_provider.py")))
    return "\n".join([*shown, *(str(frame.locals) for frame in frames), *trace.format_exception_only()])


@both
def test_the_form_and_the_token(idp: IdentityProvider, *, is_async: bool) -> None:
    """The secret is sent once, as a form with scope, audience and what else was given; then the token serves."""
    credentials = application(idp, audience="https://api", resource="r")
    assert [200, 200] == [get(idp, credentials, is_async=is_async) for _ in range(2)]
    form = {
        "grant_type": "client_credentials",
        "client_id": "app",
        "client_secret": f"{CANARY}-secret&+",
        "scope": "read write",
        "audience": "https://api",
        "resource": "r",
    }
    assert [form] == idp.forms
    assert [f"{CANARY}-token-1"] * 2 == idp.service_tokens


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


def jwt(claims: dict[str, Any]) -> str:
    """A token that says something about itself."""
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b'=').decode()}.{CANARY}"


@pytest.mark.parametrize(
    ("body", "lifetime_s"),
    [
        ({"access_token": "opaque", "expires_in": "120"}, 120),
        ({"access_token": jwt({"exp": 1_000_100}), "expires_in": 500}, 500),
        ({"access_token": jwt({"exp": 1_000_100})}, 100),
        ({"access_token": jwt({"exp": "soon"})}, 300),
        ({"access_token": "opaque"}, 300),
        ({"access_token": "opaque", "expires_in": -1}, 300),
        ({"access_token": "opaque", "expires_in": "NaN"}, 300),
    ],
)
def test_how_long_a_token_lives(idp: IdentityProvider, clock: Clock, body: dict[str, Any], lifetime_s: float) -> None:
    """`expires_in` counts, then the `exp` of the token, then five minutes."""
    idp.answers.append(Answer(200, body))
    credentials = application(idp, clock)
    idp.valid.add(body["access_token"])
    get(idp, credentials)
    clock.now += lifetime_s - 30
    get(idp, credentials)
    assert 1 == len(idp.forms)
    clock.now += 1
    get(idp, credentials)
    assert 2 == len(idp.forms)


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


@pytest.mark.parametrize(
    ("answer", "kind", "retryable", "words"),
    [
        (
            Answer(401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid\r\n secret."}),
            DmsAuthError,
            False,
            r"127\.0\.0\.1 gives no token: AADSTS7000215: Invalid secret\. \[invalid_client\]; check the client id and",
        ),
        (Answer(400, {"error": "invalid_scope"}), DmsAuthError, False, r"Bad Request \[invalid_scope\]; check the sc"),
        (Answer(404, "<html>"), DmsAuthError, False, "Not Found; check the address"),
        (Answer(302, "", headers=(("Location", "https://elsewhere.example"),)), DmsAuthError, False, "Found"),
        (Answer(200, f"<html>{CANARY}"), DmsAuthError, False, "answers without an access_token"),
        (Answer(200, {"id_token": CANARY}), DmsAuthError, False, "answers without an access_token"),
        (Answer(200, "[" * 100_000), DmsAuthError, False, "answers without an access_token"),
        (Answer(429, {"error": "slow"}), DmsRequestError, True, r"Too Many Requests \[slow\]"),
        (Answer(500, "oops"), DmsRequestError, False, "Internal Server Error"),
        (Answer(503, "busy"), DmsRequestError, True, "Service Unavailable"),
    ],
)
@both
def test_what_the_identity_provider_refuses(
    idp: IdentityProvider, answer: Answer, kind: type[Exception], words: str, *, retryable: bool, is_async: bool
) -> None:
    """The error says in its words what is wrong, what to check, and whether to try again; and no secret."""
    idp.answers.append(answer)
    with pytest.raises(DmsRequestError, match=words) as caught:
        get(idp, application(idp), is_async=is_async)
    assert (kind, answer.status, retryable) == (type(caught.value), caught.value.status, caught.value.auto_retryable)
    assert CANARY not in everything_of(caught.value)
    assert [] == idp.service_tokens


@pytest.mark.parametrize(
    "echo", [f"{CANARY}-secret&+", f"{CANARY}-secret%26%2B", f"x={CANARY}-secret%26%2b"[:-2] + "2B"]
)
def test_what_was_sent_is_not_repeated(idp: IdentityProvider, echo: str) -> None:
    """Some identity providers quote the request, as it was or encoded."""
    idp.answers.append(Answer(400, {"error": "invalid_request", "error_description": f"you sent {echo} \x1b[31m"}))
    with pytest.raises(DmsAuthError, match=r"you sent .*\[secret\]") as caught:
        get(idp, application(idp))
    assert CANARY not in everything_of(caught.value)
    assert "\x1b" not in str(caught.value)


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


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: OAuthClientCredentials("http://idp.example/token", "a", CANARY), "token_url: http would send secrets"),
        (lambda: OAuthClientCredentials("idp.example", "a", CANARY), "token_url: not an http"),
        (lambda: OAuthClientCredentials("https://idp.example:x", "a", CANARY), "token_url: not a URL"),
        (lambda: OAuthClientCredentials("https://u:p@idp.example", "a", CANARY), "carries a user or a fragment"),
        (lambda: OAuthClientCredentials("https://idp.example", " ", CANARY), "client_id: is empty"),
        (lambda: OAuthClientCredentials("https://idp.example", "a", ""), "client_secret: is empty"),
        (lambda: OAuthClientCredentials("http://x", "a", "b", secret=CANARY), "token_url"),
        (lambda: OAuthClientCredentials.default_for_entra_id("t", "a", CANARY, "no cluster"), "cdf_cluster"),
        (lambda: OAuthClientCredentials.default_for_entra_id("", "a", CANARY, "api"), "tenant_id: is empty"),
        (lambda: OAuthDeviceCode("http://idp.example", "a"), "authority_url: http would send"),
        (lambda: OAuthDeviceCode(None, "a"), "give authority_url"),
        (lambda: OAuthInteractive("https://x", "a", oauth_discovery_url="https://y"), "one of them"),
        (lambda: OAuthInteractive(None, "a", oauth_discovery_url="ftp://y"), "oauth_discovery_url: not an http"),
    ],
)
def test_what_is_wrong_with_credentials(make: Callable[[], Credentials], message: str) -> None:
    """Mistakes are told when the credentials are made, without the secret."""
    with pytest.raises(ConfigError, match=message) as caught:
        make()
    assert CANARY not in everything_of(caught.value)


def first_form(credentials: Credentials) -> tuple[str, dict[str, str]]:
    """What would be sent first, and where."""
    flow = credentials.sync_auth_flow(httpx.Request("GET", "https://cluster.example"))
    request = next(flow)
    flow.close()
    return str(request.url), dict(parse_qsl(request.content.decode()))


def test_the_defaults_for_entra_id(clock: Clock) -> None:
    """Addresses and scopes follow from the tenant and the cluster."""
    cluster = "https://westeurope-1.cognitedata.com"
    url, form = first_form(OAuthClientCredentials.default_for_entra_id("tenant", "app", "s", "westeurope-1", p="1"))
    assert "https://login.microsoftonline.com/tenant/oauth2/v2.0/token" == url
    assert (f"{cluster}/.default", "1") == (form["scope"], form["p"])
    url, form = first_form(OAuthDeviceCode.default_for_entra_id("a/b", "app", "westeurope-1"))
    assert "https://login.microsoftonline.com/a%2Fb/oauth2/v2.0/devicecode" == url
    wanted = f"{cluster}/IDENTITY {cluster}/user_impersonation openid profile offline_access"
    assert {"client_id": "app", "scope": wanted} == form
    interactive = OAuthInteractive.default_for_entra_id("tenant", "app", "westeurope-1")
    assert {"client_id": "app", "scope": f"{cluster}/.default offline_access"} == interactive._asked


# --- device code


def person(idp: IdentityProvider, clock: Clock, said: list[str], **options: Any) -> OAuthDeviceCode:
    """Somebody who signs in on another device."""
    return OAuthDeviceCode(
        options.pop("authority_url", idp.authority),
        "app",
        "read",
        prompt=said.append,
        clock=clock,
        sleep=clock.sleep,
        asleep=clock.asleep,
        **options,
    )


def pending(error: str = "authorization_pending", status: int = 400) -> Answer:
    """The person has not signed in yet."""
    return Answer(status, {"error": error})


@both
def test_signing_in_with_a_device_code(idp: IdentityProvider, clock: Clock, *, is_async: bool) -> None:
    """The person is told what to do once; polls keep the interval, slow down when told to, and end with the token."""
    said: list[str] = []
    idp.answers.extend([pending(), pending("slow_down"), pending(status=403), Answer(503, "busy"), Answer(429, "")])
    credentials = person(idp, clock, said, audience="api")
    assert 200 == get(idp, credentials, is_async=is_async)
    assert ["To sign in, open https://example.com/device and enter the code ABCD-EFGH"] == said
    assert [5, 5, 10, 10, 15, 20] == clock.slept
    assert {f"{CANARY}-device-1"} == {form["device_code"] for form in idp.forms}
    assert {"urn:ietf:params:oauth:grant-type:device_code"} == {form["grant_type"] for form in idp.forms}


@both
def test_a_refresh_token_spares_the_person(idp: IdentityProvider, clock: Clock, *, is_async: bool) -> None:
    """The next token is had without a prompt, also after a 401, with the newest refresh token."""
    said: list[str] = []
    credentials = person(idp, clock, said)
    get(idp, credentials, is_async=is_async)
    clock.now += 3600
    idp.answers.append(Answer(200, {"access_token": "no-new-refresh-token", "expires_in": 60}))
    idp.valid.add("no-new-refresh-token")
    get(idp, credentials, is_async=is_async)
    idp.valid.clear()
    assert 200 == get(idp, credentials, is_async=is_async)
    assert 1 == len(said)
    renewals = [form for form in idp.forms if form["grant_type"] == "refresh_token"]
    wanted = {
        "grant_type": "refresh_token",
        "client_id": "app",
        "refresh_token": f"{CANARY}-refresh-2",
        "scope": "read offline_access",
    }
    assert [wanted] * 2 == renewals


def test_without_a_refresh_token_the_person_signs_in_again(idp: IdentityProvider, clock: Clock) -> None:
    """That is for when the token ends; a 401 alone bothers nobody."""
    said: list[str] = []
    idp.gives_refresh_tokens = False
    credentials = person(idp, clock, said)
    get(idp, credentials)
    idp.valid.clear()
    assert 401 == get(idp, credentials)
    assert 1 == len(said)
    clock.now += 3600
    assert 200 == get(idp, credentials)
    assert 2 == len(said)


def test_a_refresh_token_that_is_refused(idp: IdentityProvider, clock: Clock) -> None:
    """The person signs in again; but not when the identity provider is only busy."""
    said: list[str] = []
    credentials = person(idp, clock, said)
    get(idp, credentials)
    clock.now += 3600
    idp.answers.append(Answer(503, "busy"))
    with pytest.raises(DmsRequestError, match="Service Unavailable"):
        get(idp, credentials)
    assert 1 == len(said)
    idp.answers.append(Answer(400, {"error": "invalid_grant"}))
    assert 200 == get(idp, credentials)
    assert 2 == len(said)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([pending("access_denied")], "declined"),
        ([pending("expired_token")], "nobody signed in in time"),
        ([pending()] * 200, "the code expired before anybody signed in with it"),
        ([Answer(400, {"error": "x", "error_description": f"bad {CANARY}-device-1"})], r"bad \[secret\]"),
    ],
)
@both
def test_a_device_code_that_comes_to_nothing(
    idp: IdentityProvider, clock: Clock, answers: list[Answer], message: str, *, is_async: bool
) -> None:
    """The error says why, without the code; the next call starts over with another code."""
    said: list[str] = []
    idp.answers.extend(answers)
    credentials = person(idp, clock, said)
    with pytest.raises(DmsAuthError, match=message) as caught:
        get(idp, credentials, is_async=is_async)
    assert CANARY not in everything_of(caught.value)
    idp.answers.clear()
    assert 200 == get(idp, credentials, is_async=is_async)
    assert 2 == len(said)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(400, {"error": "unauthorized_client"}), "may use this login flow"),
        (Answer(200, {"device_code": CANARY}), "answers without a device code"),
        (Answer(200, CANARY), "answers without a device code"),
    ],
)
def test_no_device_code(idp: IdentityProvider, clock: Clock, answer: Answer, message: str) -> None:
    """What is wrong with the answer is told."""
    idp.devices.append(answer)
    with pytest.raises(DmsAuthError, match=message) as caught:
        get(idp, person(idp, clock, []))
    assert CANARY not in everything_of(caught.value)


def test_a_cancelled_sign_in_goes_on_with_its_code(idp: IdentityProvider, clock: Clock) -> None:
    """The person, who is typing the code, is not shown another one."""
    said: list[str] = []
    credentials = person(idp, clock, said)
    stuck = asyncio.Event()

    async def forever(seconds: float) -> None:
        stuck.set()
        await asyncio.Event().wait()

    async def main() -> None:
        credentials._asleep = forever
        async with async_client(credentials) as client:
            task = asyncio.create_task(client.get(f"{idp.url}/service"))
            await stuck.wait()
            task.cancel()
            await asyncio.wait([task])
            credentials._asleep = clock.asleep
            assert 200 == (await client.get(f"{idp.url}/service")).status_code

    asyncio.run(main())
    assert 1 == len(said)


def test_the_prompt_goes_to_the_standard_error_stream(
    idp: IdentityProvider, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nobody says otherwise, and without control characters from the answer."""
    idp.devices.append(
        Answer(200, {"device_code": "d", "user_code": "A\x1b[2J", "verification_url": "https://x", "interval": 0})
    )
    get(idp, OAuthDeviceCode(idp.authority, "app", clock=clock, sleep=clock.sleep))
    assert ("", "To sign in, open https://x and enter the code A[2J\n") == capsys.readouterr()
    assert [5.0] == clock.slept


def test_another_identity_provider_says_where_things_are(idp: IdentityProvider, clock: Clock) -> None:
    """The discovery document is read once; scopes stay as they were given."""
    for url in (idp.url, f"{idp.url}/.well-known/openid-configuration"):
        credentials = person(idp, clock, [], authority_url=None, oauth_discovery_url=url)
        assert 200 == get(idp, credentials)
        idp.valid.clear()
        assert 200 == get(idp, credentials)
        assert "read" == idp.forms[-1]["scope"]


@pytest.mark.parametrize(
    ("document", "kind", "message"),
    [
        (Answer(404, ""), DmsAuthError, "check the address"),
        (Answer(200, "<html>"), DmsAuthError, "answers without a token_endpoint"),
        (Answer(200, {"token_endpoint": "https://x/token"}), ConfigError, "does not offer device codes"),
        (Answer(200, {"token_endpoint": "http://x/token"}), ConfigError, "http would send secrets to x"),
    ],
)
def test_what_is_wrong_with_discovery(
    monkeypatch: pytest.MonkeyPatch, document: Answer, kind: type[Exception], message: str
) -> None:
    """An identity provider cannot make us send secrets in clear text, either."""
    with IdentityProvider() as idp:
        monkeypatch.setattr(idp, "discovery", lambda: document)
        with pytest.raises(kind, match=message):
            get(idp, person(idp, Clock(), [], authority_url=None, oauth_discovery_url=idp.url))


# --- interactive


class Browser:
    """
    Goes where it is sent, in the thread that asks.

    Attributes:
        visited: The sign-in pages.
        pages: What the local pages said, with their status.
    """

    def __init__(self, *, deny: bool = False, first: Callable[[str, str], None] | None = None) -> None:
        self.visited: list[str] = []
        self.pages: list[tuple[int, str]] = []
        self._deny = deny
        self._first = first

    def __call__(self, url: str) -> None:
        self.visited.append(url)
        query = dict(parse_qsl(urlsplit(url).query))
        with sync_client() as client:
            back = client.get(url).headers["Location"]
            # The name of this machine may mean ::1 first; the browser tries both addresses.
            local = back.replace("localhost", "127.0.0.1")
            if self._first is not None:
                self._first(local, query["state"])
            if self._deny:
                local = f"{local.split('?')[0]}?error=access_denied&error_description=no&state={query['state']}"
            answer = client.get(local)
            self.pages.append((answer.status_code, answer.text))


def interactive(idp: IdentityProvider, browser: Callable[[str], object], **options: Any) -> OAuthInteractive:
    """Somebody who signs in with a browser."""
    defaults: dict[str, Any] = {"redirect_port": 0, "prompt": lambda _: None, "login_timeout_s": 10}
    return OAuthInteractive(idp.authority, "app", ["read"], open_browser=browser, **(defaults | options))


@both
def test_signing_in_with_the_browser(idp: IdentityProvider, clock: Clock, *, is_async: bool) -> None:
    """The code that the browser brings becomes a token; the identity provider has checked PKCE and the address."""
    browser = Browser()
    said: list[str] = []
    credentials = interactive(idp, browser, clock=clock, prompt=said.append, audience="api")
    assert 200 == get(idp, credentials, is_async=is_async)
    query = dict(parse_qsl(urlsplit(browser.visited[0]).query))
    assert ("code", "S256", "read offline_access", "api") == (
        query["response_type"],
        query["code_challenge_method"],
        query["scope"],
        query["audience"],
    )
    assert re.fullmatch(r"http://localhost:\d+", query["redirect_uri"])
    assert [f"Sign in with the browser. If none opens, go to {browser.visited[0]}"] == said
    assert 43 <= len(idp.forms[0]["code_verifier"]) <= 128
    clock.now += 3600
    assert 200 == get(idp, credentials, is_async=is_async)
    assert (1, "refresh_token") == (len(browser.visited), idp.forms[-1]["grant_type"])


def test_only_the_answer_to_this_sign_in_counts(idp: IdentityProvider) -> None:
    """Another state, another path and another method are turned away, and the wait goes on."""
    seen: list[int] = []

    def intrude(local: str, state: str) -> None:
        base = local.split("?", maxsplit=1)[0]
        with sync_client() as client:
            for target in (f"/?code={CANARY}&state=wrong", f"/?code={CANARY}", f"/x?code=c&state={state}"):
                seen.append(client.get(base + target).status_code)  # noqa: PERF401 -- a loop of requests
            with pytest.raises(httpx.RemoteProtocolError):
                client.post(f"{base}/?code={CANARY}&state={state}")

    browser = Browser(first=intrude)
    assert 200 == get(idp, interactive(idp, browser))
    assert [400, 400, 404] == seen
    assert [1] == [len(idp.forms)]


def test_a_page_that_is_shown(idp: IdentityProvider) -> None:
    """The person reads that all is well."""
    done = threading.Event()
    browser = Browser()

    def browse(url: str) -> None:
        browser(url)
        done.set()

    get(idp, interactive(idp, browse))
    assert done.wait(10)
    assert (200, True) == (browser.pages[0][0], "You are signed in. You can close this window." in browser.pages[0][1])


@both
def test_a_declined_sign_in(idp: IdentityProvider, *, is_async: bool) -> None:
    """What the identity provider says through the browser becomes the error."""
    with pytest.raises(DmsAuthError, match=r"gives no token: no \[access_denied\]; the sign-in was declined") as caught:
        get(idp, interactive(idp, Browser(deny=True)), is_async=is_async)
    assert (401, False) == (caught.value.status, CANARY in everything_of(caught.value))


@both
def test_nobody_signs_in(idp: IdentityProvider, *, is_async: bool) -> None:
    """The wait ends, and the port is free again."""
    credentials = interactive(idp, lambda _: None, login_timeout_s=0.01)
    for _ in range(2):
        with pytest.raises(DmsAuthError, match=r"nobody signed in within 0\.01 s"):
            get(idp, credentials, is_async=is_async)


def test_a_browser_that_does_not_open(idp: IdentityProvider, caplog: pytest.LogCaptureFixture) -> None:
    """The person was told the address; the log says no more than the kind of the failure."""

    def fail(url: str) -> None:
        raise OSError(f"{CANARY} {url}")

    with pytest.raises(DmsAuthError):
        get(idp, interactive(idp, fail, login_timeout_s=0.2))
    assert ["no browser could be opened: OSError"] == [
        record.message for record in caplog.records if record.name == "pygen.client"
    ]


def test_a_code_that_is_refused(idp: IdentityProvider) -> None:
    """It is not tried again on its own, since that would send the person to the browser."""
    for status in (400, 503):
        idp.answers.append(Answer(status, {"error": "invalid_grant", "error_description": "no"}))
        with pytest.raises(DmsRequestError) as caught:
            get(idp, interactive(idp, Browser()))
        assert (status, False) == (caught.value.status, caught.value.auto_retryable)
        assert CANARY not in everything_of(caught.value)


def test_the_port_is_taken(idp: IdentityProvider) -> None:
    """The error names the port and the way out."""
    port = urlsplit(idp.url).port
    with pytest.raises(ConfigError, match=rf"redirect_port: cannot listen on port {port} .*0 takes any free port"):
        get(idp, interactive(idp, Browser(), redirect_port=port))


def test_a_cancelled_sign_in_closes_its_port(idp: IdentityProvider) -> None:
    """An event loop is not blocked while the person signs in, and a cancelled wait leaves nothing open."""
    opened = threading.Event()
    visited: list[str] = []

    def browse(url: str) -> None:
        visited.append(url)
        opened.set()

    async def main() -> None:
        async with async_client(interactive(idp, browse)) as client:
            task = asyncio.create_task(client.get(f"{idp.url}/service"))
            assert await asyncio.to_thread(opened.wait, 10)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()

    asyncio.run(main())
    redirect = dict(parse_qsl(urlsplit(visited[0]).query))["redirect_uri"].replace("localhost", "127.0.0.1")
    with pytest.raises(httpx.ConnectError), sync_client() as client:
        client.get(redirect)
