"""Microsoft Entra ID: where its tenants do what, and what a token for CDF is asked for with (dms-api.md 1.4)."""

from __future__ import annotations

from urllib.parse import quote

from pygen.client.addresses import ENTRA_ID, Endpoints

__all__ = [
    "application_scopes",
    "entra_authority",
    "entra_endpoints",
    "user_scopes",
    "with_offline_access",
]


def entra_authority(tenant_id: str) -> str:
    """The address of a tenant, which is named by its identifier or a domain."""
    return f"{ENTRA_ID}/{quote(tenant_id.strip(), safe='')}"


def entra_endpoints(authority_url: str) -> Endpoints:
    """Where the tenant at an address does what."""
    base = f"{authority_url}/oauth2/v2.0"
    return Endpoints(f"{base}/token", f"{base}/authorize", f"{base}/devicecode")


def application_scopes(url: str) -> list[str]:
    """What an application, or a person with the browser of this machine, asks for at the cluster of an address."""
    return [f"{url}/.default"]


def user_scopes(url: str) -> list[str]:
    """What a person with a device code asks for at the cluster of an address."""
    return [f"{url}/IDENTITY", f"{url}/user_impersonation", "openid", "profile"]


def with_offline_access(scope: str | None) -> str:
    """A scope that also asks for a refresh token, so that the person need not sign in again for the next token."""
    words = (scope or "").split()
    return " ".join(words if "offline_access" in words else [*words, "offline_access"])
