"""
Addresses: where clusters and tenants are, and which addresses a secret may be sent to.

The rules are the same for clusters and for identity providers: https, this machine excepted, and nothing in the
address that belongs elsewhere. Messages repeat no more than the host, since people paste addresses with passwords in
them.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import httpx

from pygen.errors import ConfigError

__all__ = ["ENTRA_ID", "LOOPBACK", "Endpoints", "checked_base_url", "checked_url", "cluster_url"]

ENTRA_ID = "https://login.microsoftonline.com"
"""Where the tenants of Microsoft Entra ID are."""

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""This machine, the only one that may be spoken to without TLS."""

_CLUSTER = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


class Endpoints(NamedTuple):
    """
    Where an identity provider does what; empty where it does not.

    Attributes:
        token: Hands out tokens.
        authorize: Lets people sign in with a browser.
        device: Hands out device codes.
    """

    token: str
    authorize: str
    device: str


def cluster_url(cluster: str, key: str = "cdf_cluster") -> str:
    """
    The address of a cluster.

    Args:
        cluster: Its name, e.g. `westeurope-1`.
        key: What the setting is called.

    Raises:
        ConfigError: It is no such name.
    """
    name = cluster.strip().lower()
    if not _CLUSTER.fullmatch(name):
        raise ConfigError(
            f"{cluster!r} is not the name of a cluster", key=key, hint="e.g. westeurope-1; a whole URL goes elsewhere"
        )
    return f"https://{name}.cognitedata.com"


def checked_base_url(base_url: str) -> str:
    """
    The address of a cluster, or of what stands in for one, without a slash at its end.

    Raises:
        ConfigError: It is not an https address that ends before `/api/v1`.
    """
    example = "https://westeurope-1.cognitedata.com"
    url = checked_url(base_url, "base_url", example=example, may_have_query=False)
    parsed = httpx.URL(url)
    if parsed.path.endswith("/api/v1") or "/api/v1/" in parsed.path:
        raise ConfigError(
            f"the address of {parsed.host} must end before /api/v1",
            key="base_url",
            hint=f"{parsed.scheme}://{parsed.host}",
        )
    return url


def checked_url(url: str, key: str, *, example: str = f"{ENTRA_ID}/...", may_have_query: bool = True) -> str:
    """
    The address without a slash at its end.

    Args:
        url: The address.
        key: What the setting is called.
        example: What such an address looks like.
        may_have_query: Whether it may go on after a question mark.

    Raises:
        ConfigError: It is not one that a secret may be sent to.
    """
    parsed = _parsed(url)
    if parsed is None:
        raise ConfigError("not a URL", key=key, hint=f"e.g. {example}")
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise ConfigError("not an http(s) address with a host", key=key, hint=f"e.g. {example}")
    if parsed.userinfo or parsed.fragment or (parsed.query and not may_have_query):
        parts = "a user or a fragment" if may_have_query else "a user, a query or a fragment"
        raise ConfigError(f"the address of {parsed.host} carries {parts}", key=key, hint="leave that out")
    if parsed.scheme == "http" and parsed.host not in LOOPBACK:
        raise ConfigError(f"http would send secrets to {parsed.host} in clear text", key=key, hint="use https")
    return str(parsed).rstrip("/")


def _parsed(url: str) -> httpx.URL | None:
    """The parts of an address. None in place of an error, whose message may repeat half a password."""
    try:
        parsed = httpx.URL(url.strip())
        parsed.host  # noqa: B018 -- decodes the name, which a wrong one fails at
    except (httpx.InvalidURL, ValueError):
        return None
    return parsed
