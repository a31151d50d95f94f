"""
What identity providers answer, read (RFC 6749, 8414, 8628).

A no is returned, not raised: a frame that holds an answer must not be part of a traceback. `accepted` raises it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl, quote, quote_plus

import httpx

from pygen.client.addresses import Endpoints, checked_url
from pygen.client.auth import Secret, token_claims
from pygen.client.exceptions import DmsAuthError, DmsRequestError
from pygen.client.renewal import Grant

__all__ = ["DeviceCode", "accepted", "error_code", "read_device_code", "read_endpoints", "read_grant", "refusal"]

AnswerT = TypeVar("AnswerT")

_UNKNOWN_LIFETIME_S = 300.0
_HINTS = {
    "invalid_client": "check the client id and the client secret, which may have expired",
    "unauthorized_client": "check the client id, and that the application may use this login flow",
    "invalid_scope": "check the scopes",
    "invalid_resource": "check the scopes",
    "invalid_target": "check the audience",
    "invalid_request": "check the client id, the tenant, the scopes and the audience",
    "invalid_grant": "sign in again",
    "access_denied": "the sign-in was declined, or the application may not ask for this audience",
    "expired_token": "nobody signed in in time",
}
_HARMLESS = frozenset({"grant_type", "client_id", "scope", "audience", "redirect_uri"})


class DeviceCode(NamedTuple):
    """
    A sign-in under way on another device.

    Attributes:
        device_code: Asks how far it is.
        expires_at: When it ends, on the clock of the credentials.
        interval_s: How long to wait between two questions.
        instruction: What the person is to do.
    """

    device_code: Secret
    expires_at: float
    interval_s: float
    instruction: str


def accepted(answer: AnswerT | DmsRequestError) -> AnswerT:
    """
    What was read, where it is not a no.

    Raises:
        DmsRequestError: It is.
    """
    if isinstance(answer, DmsRequestError):
        raise answer
    return answer


def error_code(response: httpx.Response) -> str:
    """What kind of no it is, in a word of RFC 6749, 5.2; empty where it is none, or does not say."""
    return "" if response.is_success else _text((_object(response) or {}).get("error"))


def read_grant(response: httpx.Response, now: float) -> Grant | DmsRequestError:
    """The token that was handed out, or why there is none; *now* is what its life is counted from."""
    if not response.is_success:
        return _said_no(response)
    body = _object(response) or {}
    token = body.get("access_token")
    if not isinstance(token, str) or not token:
        return _unusable(response, "an access_token")
    refresh_token = body.get("refresh_token")
    return Grant(
        Secret(token),
        _expires_at(body.get("expires_in"), token, now),
        Secret(refresh_token) if isinstance(refresh_token, str) and refresh_token else None,
    )


def _expires_at(expires_in: object, token: str, now: float) -> float:
    """When a token ends; where neither the answer nor the token says, five minutes from now."""
    lifetime = _number(expires_in)
    if lifetime is not None:
        return now + lifetime
    return _number(token_claims(token).get("exp")) or now + _UNKNOWN_LIFETIME_S


def read_device_code(response: httpx.Response, now: float) -> DeviceCode | DmsRequestError:
    """The code that was handed out, or why there is none; *now* is what its life is counted from."""
    if not response.is_success:
        return _said_no(response)
    body = _object(response) or {}
    device_code, user_code = body.get("device_code"), _text(body.get("user_code"))
    page = _text(body.get("verification_uri") or body.get("verification_url"))
    if not isinstance(device_code, str) or not (device_code and user_code and page):
        return _unusable(response, "a device code")
    lifetime = _number(body.get("expires_in")) or _UNKNOWN_LIFETIME_S
    interval = max(1.0, _number(body.get("interval")) or 5.0)
    return DeviceCode(
        Secret(device_code), now + lifetime, interval, f"To sign in, open {page} and enter the code {user_code}"
    )


def read_endpoints(response: httpx.Response) -> Endpoints | DmsRequestError:
    """
    What a discovery document says (RFC 8414), or why it says nothing.

    Raises:
        ConfigError: It names an address that no secret may be sent to.
    """
    if not response.is_success:
        return _said_no(response)
    body = _object(response) or {}
    endpoints = Endpoints(
        *(_text(body.get(f"{name}_endpoint")) for name in ("token", "authorization", "device_authorization"))
    )
    if not endpoints.token:
        return _unusable(response, "a token_endpoint")
    for endpoint in filter(None, endpoints):
        checked_url(endpoint, "oauth_discovery_url")
    return endpoints


def _said_no(response: httpx.Response) -> DmsRequestError:
    body = _object(response) or {}
    request = response.request
    hidden = [value for name, value in parse_qsl(request.content.decode()) if name not in _HARMLESS]
    error, description = (
        _redacted(_text(text), hidden)
        for text in (body.get("error"), body.get("error_description") or response.reason_phrase)
    )
    return refusal(request.url.host, response.status_code, error, description)


def refusal(host: str, status: int, error: str, description: str) -> DmsRequestError:
    """
    What the identity provider said, and what to do about it.

    Args:
        host: Where it is.
        status: The HTTP status.
        error: What kind of no it is, in a word of RFC 6749, 5.2; may be empty.
        description: Its words.
    """
    message = _text(description)[:500] or "no reason given"
    message = f"the identity provider {host} gives no token: {message}"
    message += f" [{_text(error)[:100]}]" if error else ""
    if status == 429 or status >= 500:
        return DmsRequestError(message, status=status, auto_retryable=status in {429, 502, 503, 504})
    hint = _HINTS.get(error) or ("check the address" if status in {404, 405} else "")
    return DmsAuthError(f"{message}; {hint}" if hint else message, status=status)


def _unusable(response: httpx.Response, wanted: str) -> DmsAuthError:
    """The body is not repeated: what it holds in place of what is wanted may be just as secret."""
    return DmsAuthError(
        f"the identity provider {response.request.url.host} answers without {wanted}; check its address",
        status=response.status_code,
    )


def _redacted(text: str, hidden: Sequence[str]) -> str:
    """Some identity providers repeat what they were sent."""
    for secret in hidden:
        for form in (secret, quote(secret, safe=""), quote_plus(secret)):
            text = text.replace(form, "[secret]")
    return text


def _object(response: httpx.Response) -> dict[str, Any] | None:
    """The JSON object that was answered; None where it is something else."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _text(value: object) -> str:
    """A text of the identity provider as it may be shown: in one line, without control characters."""
    words = " ".join(value.split()) if isinstance(value, str) else ""
    return "".join(character for character in words if character.isprintable())


def _number(value: object) -> float | None:
    """A positive number, which some identity providers write as a text."""
    try:
        number = float(value) if isinstance(value, int | float | str) else 0.0
    except (ValueError, OverflowError):
        return None
    return number if 0 < number < float("inf") else None
