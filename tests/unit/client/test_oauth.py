"""OAuth flows against a real identity provider over HTTP, with the clock in the test's hands."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from pygen.client.auth import Credentials
from pygen.client.exceptions import DmsAuthError, DmsRequestError
from pygen.client.oauth import OAuthClientCredentials, OAuthDeviceCode, OAuthInteractive
from pygen.errors import ConfigError
from tests.unit.client.identity_provider import CANARY, Answer, IdentityProvider
from tests.unit.client.signing_in import Clock, application, async_client, both, everything_of, get, sync_client


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
        (lambda: OAuthInteractive("https://x", "a", redirect_port=65536), "redirect_port: 65536 is not a port"),
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
    """

    def __init__(self, *, deny: bool = False) -> None:
        self.visited: list[str] = []
        self._deny = deny

    def __call__(self, url: str) -> None:
        self.visited.append(url)
        query = dict(parse_qsl(urlsplit(url).query))
        with sync_client() as client:
            back = client.get(url).headers["Location"]
            # The name of this machine may mean ::1 first; the browser tries both addresses.
            local = back.replace("localhost", "127.0.0.1")
            if self._deny:
                local = f"{local.split('?')[0]}?error=access_denied&error_description=no&state={query['state']}"
            client.get(local)


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
