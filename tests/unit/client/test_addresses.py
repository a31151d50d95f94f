"""Which addresses a secret may be sent to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pygen.client.addresses import checked_base_url, checked_url, cluster_url
from pygen.errors import ConfigError
from tests.unit.client.identity_provider import CANARY


def of_a_provider(url: str) -> str:
    """The address of an identity provider."""
    return checked_url(url, "token_url")


anybodys = pytest.mark.parametrize("check", [of_a_provider, checked_base_url], ids=["provider", "cluster"])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://cluster.example", "https://cluster.example"),
        (" https://cluster.example/\n", "https://cluster.example"),
        ("https://proxy.example/cdf//", "https://proxy.example/cdf"),
        ("https://cluster.example/api/v11", "https://cluster.example/api/v11"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://LOCALHOST", "http://localhost"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://[::1]:9", "http://[::1]:9"),
    ],
)
@anybodys
def test_addresses_that_are_fine(check: Callable[[str], str], url: str, expected: str) -> None:
    """Https anywhere, http on this machine, and paths; without white space around and slashes at the end."""
    assert expected == check(url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://cluster.example", "http would send secrets to cluster.example in clear text"),
        ("http://localhost.example", "http would send secrets to localhost.example"),
        (f"https://me:{CANARY}@cluster.example", "the address of cluster.example carries a user"),
        (f"https://cluster.example#{CANARY}", "the address of cluster.example carries a user"),
        (f"{CANARY}.example", "not an http"),
        (f"ftp://{CANARY}.example", "not an http"),
        ("https://", "not an http"),
        ("", "not an http"),
        (f"https://me:{CANARY}/@cluster.example", "not a URL"),
        (f"https://cluster.example:{CANARY}", "not a URL"),
        (f"https://cluster.example/\ud800{CANARY}", "not a URL"),
        (f"https://xn--.{CANARY}.example", "not a URL"),
        (f"https://\u00fc{CANARY}..example", "not a URL"),
    ],
)
@anybodys
def test_addresses_that_are_refused(check: Callable[[str], str], url: str, message: str) -> None:
    """The message names the setting and no more than the host; nothing that it came of says more."""
    with pytest.raises(ConfigError, match=f"^(token_url|base_url): {message}") as caught:
        check(url)
    assert (None, None) == (caught.value.__cause__, caught.value.__context__)
    assert CANARY not in f"{caught.value} {caught.value!r}"


def test_a_query() -> None:
    """Identity providers may ask for one, a cluster has none."""
    url = f"https://cluster.example/token?key={CANARY}"
    assert url == of_a_provider(url)
    with pytest.raises(ConfigError, match=r"a user, a query or a fragment \(leave that out\)") as caught:
        checked_base_url(url)
    assert CANARY not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize("path", ["/api/v1", "/api/v1/", "/api/v1/projects/plant", "/proxy/api/v1", "/%61pi/v1"])
def test_a_base_url_ends_before_the_api(path: str) -> None:
    """The hint is what the address would be without it."""
    with pytest.raises(ConfigError, match=r"must end before /api/v1 \(https://cluster\.example\)"):
        checked_base_url(f"https://cluster.example{path}")


@pytest.mark.parametrize("cluster", ["westeurope-1", " WestEurope-1 "])
def test_the_address_of_a_cluster(cluster: str) -> None:
    """Case and white space around do not matter."""
    assert "https://westeurope-1.cognitedata.com" == cluster_url(cluster)


@pytest.mark.parametrize("cluster", ["", "https://westeurope-1.cognitedata.com", "a.b", "-a", "a-", "a/b", "\u00f8"])
def test_what_is_no_cluster(cluster: str) -> None:
    """The name of the setting is told."""
    with pytest.raises(ConfigError, match=r"CDF_CLUSTER: .* is not the name of a cluster"):
        cluster_url(cluster, "CDF_CLUSTER")
