"""What identity providers answer, and what becomes of it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from pygen.client.exceptions import DmsAuthError, DmsRequestError
from tests.unit.client.identity_provider import CANARY, Answer, IdentityProvider
from tests.unit.client.signing_in import Clock, application, both, everything_of, get


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
