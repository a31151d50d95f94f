"""Credentials that say a ready token, and what a token says about itself."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pygen.client import PygenClient
from pygen.client.auth import Credentials, CredentialsLike, Secret, Token, as_credentials, token_claims, token_subject
from pygen.errors import ConfigError

CANARY = "canary-9f8e7d6c5b4a"


def header(credentials: Credentials) -> str:
    """The header that the next request gets."""
    request = httpx.Request("GET", "https://cluster.example")
    next(credentials.auth_flow(request))
    return str(request.headers["authorization"])


class OfOnesOwn(Credentials):
    """A flow that a user wrote."""

    def token(self) -> str:
        """The token."""
        return CANARY


@pytest.mark.parametrize(
    "credentials", [CANARY, lambda: CANARY, Token(CANARY), Token(lambda: f"{CANARY}\n"), OfOnesOwn()]
)
def test_credentials_are_a_token_a_function_or_an_object(credentials: CredentialsLike) -> None:
    """All kinds end as the same header; white space around a token that was read from a file is cut."""
    assert f"Bearer {CANARY}" == header(as_credentials(credentials))


def test_credentials_stay_what_they_are() -> None:
    """What already is an object is not wrapped, so that what it holds is shared."""
    mine = OfOnesOwn()
    assert mine is as_credentials(mine)


@pytest.mark.parametrize("credentials", [None, 7, b"token"])
def test_what_says_no_token_is_refused(credentials: Any) -> None:
    """The kind is named, and what would do."""
    with pytest.raises(ConfigError, match=r"credentials: a (NoneType|int|bytes) does not say a token \(pass a token"):
        as_credentials(credentials)


def test_the_token_is_asked_for_each_time() -> None:
    """A function is called before every attempt, so that it can renew the token."""
    tokens = iter(["one", "two"])
    credentials = as_credentials(lambda: next(tokens))
    assert ["Bearer one", "Bearer two"] == [header(credentials), header(credentials)]


@pytest.mark.parametrize(
    ("said", "sent"), [(["old", "new", "newer"], ["Bearer old", "Bearer new"]), (["old", " old\n"], ["Bearer old"])]
)
def test_a_refused_token_is_asked_for_again(said: list[str], sent: list[str]) -> None:
    """After a 401 the request goes out once more if there is another token; the next 401 stands."""
    tokens = iter(said)
    seen: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(401)

    with httpx.Client(auth=as_credentials(lambda: next(tokens)), transport=httpx.MockTransport(refuse)) as client:
        assert 401 == client.get("https://cluster.example").status_code
    assert sent == seen


@pytest.mark.parametrize("token", ["", "  ", f"{CANARY} {CANARY}", f"{CANARY}\nx", f"{CANARY}\u00e9", f"{CANARY}\x00"])
@pytest.mark.parametrize("kind", [str, lambda token: lambda: token])
def test_what_cannot_be_a_header_is_refused_without_repeating_it(token: str, kind: Callable[[str], Any]) -> None:
    """The HTTP library's own message would hold the token, and so would the variables of its frames."""
    with pytest.raises(ConfigError, match="the token is ") as caught:
        header(as_credentials(kind(token)))
    shown = f"{caught.value} {caught.value!r} {caught.value.__cause__} {caught.value.__context__}"
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack
    ours = [
        str(frame.locals) for frame in frames if frame.filename.endswith("auth.py") and "test_" not in frame.filename
    ]
    assert ours
    assert CANARY not in f"{shown} {ours}"


def test_a_token_is_a_text() -> None:
    """A provider that returns something else is named by the type it returned."""
    with pytest.raises(ConfigError, match="returned NoneType, not a token"):
        header(as_credentials(lambda: None))  # type: ignore[arg-type, return-value]


def test_nothing_shows_the_token() -> None:
    """Credentials and clients keep it out of their repr, and so do their attributes."""
    client = PygenClient(base_url="https://cluster.example", project="plant", credentials=CANARY)
    assert CANARY not in repr([Token(CANARY), vars(Token(CANARY)), client, vars(client)])
    client.close()


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_credentials_can_be_copied(copied: Callable[[Any], Any]) -> None:
    """Also into another process; the copy hides the token, too."""
    assert (f"Bearer {CANARY}", "Token()") == (header(copied(Token(CANARY))), repr(copied(Token(CANARY))))
    assert ("[secret]", CANARY) == (repr(copied(Secret(CANARY))), str(copied(Secret(CANARY))))


def jwt(claims: object) -> str:
    """A token that says something about itself."""
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b'=').decode()}.sig"


@pytest.mark.parametrize(
    ("token", "subject"),
    [
        (jwt({"sub": "s", "appid": "a"}), "s"),
        (jwt({"appid": "a", "azp": "z"}), "a"),
        (jwt({"sub": "", "azp": "z", "unique_name": "u"}), "z"),
        (jwt({"sub": 7, "unique_name": "Åse"}), "Åse"),
        (jwt({}), None),
        (jwt([]), None),
        ("opaque", None),
        ("", None),
        ("a.b", None),
        ("a.b.c", None),
        ("a.\u00e9.c", None),
        ("a.////.c", None),
        (f"a.{base64.b64encode(b'[' * 100_000).decode()}.c", None),
    ],
)
def test_who_a_token_stands_for(token: str, subject: str | None) -> None:
    """The first claim that says something; nothing else ever fails."""
    assert subject == token_subject(token)


def test_what_a_token_says() -> None:
    """All claims, or none where the token is opaque."""
    assert {"exp": 1} == token_claims(jwt({"exp": 1}))
    assert {} == token_claims(CANARY)


def test_a_ready_token_loads_no_flow() -> None:
    """Whoever brings a token does not pay for the other ways to get one."""
    code = "import sys, pygen.client.auth, pygen.client.settings; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not {"pygen.client.oauth", "socketserver", "webbrowser", "tomllib"} & set(loaded)
