"""Credentials and connection settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from pygen.client import PygenClient, Token
from pygen.client.auth import BearerAuth, connection_from_env, connection_from_toml
from pygen.errors import ConfigError

CANARY = "canary-9f8e7d6c5b4a"
ENV = {"CDF_CLUSTER": "westeurope-1", "CDF_PROJECT": "plant", "CDF_TOKEN": CANARY}


def header(auth: BearerAuth) -> str:
    """The header that the next request gets."""
    request = httpx.Request("GET", "https://cluster.example")
    next(auth.auth_flow(request))
    return str(request.headers["authorization"])


@pytest.mark.parametrize("credentials", [CANARY, lambda: CANARY, Token(CANARY), Token(lambda: f"{CANARY}\n")])
def test_credentials_are_a_token_a_function_or_an_object(credentials: str | Callable[[], str] | Token) -> None:
    """All kinds end as the same header; white space around a token that was read from a file is cut."""
    assert f"Bearer {CANARY}" == header(BearerAuth(credentials))


def test_the_token_is_asked_for_each_time() -> None:
    """A function is called before every attempt, so that it can renew the token."""
    tokens = iter(["one", "two"])
    auth = BearerAuth(lambda: next(tokens))
    assert ["Bearer one", "Bearer two"] == [header(auth), header(auth)]


@pytest.mark.parametrize("token", ["", "  ", f"{CANARY} {CANARY}", f"{CANARY}\nx", f"{CANARY}\u00e9", f"{CANARY}\x00"])
def test_what_cannot_be_a_header_is_refused_without_repeating_it(token: str) -> None:
    """The HTTP library's own message would hold the token."""
    with pytest.raises(ConfigError) as caught:
        header(BearerAuth(token))
    assert CANARY not in f"{caught.value} {caught.value!r} {caught.value.__cause__}"


def test_a_token_is_a_text() -> None:
    """A provider that returns something else is named by the type it returned."""
    with pytest.raises(ConfigError, match="returned NoneType, not a token"):
        header(BearerAuth(lambda: None))  # type: ignore[arg-type, return-value]


def test_nothing_shows_the_token() -> None:
    """Credentials, authentication, settings and clients keep it out of their repr."""
    client = PygenClient(base_url="https://cluster.example", project="plant", credentials=CANARY)
    shown = [Token(CANARY), BearerAuth(CANARY), connection_from_env(ENV), client]
    assert CANARY not in repr(shown)
    client.close()


def test_the_environment_says_where_and_who() -> None:
    """A cluster gives the address, `CDF_TOKEN` implies the flow, and the timeout is optional."""
    connection = connection_from_env(ENV)
    assert ("https://westeurope-1.cognitedata.com", "plant") == (connection.base_url, connection.project)
    assert (CANARY, 30.0) == (connection.credentials, connection.timeout_s)
    url = {"CDF_URL": "http://127.0.0.1:8000", "CDF_PROJECT": "p", "CDF_TOKEN": "t", "CDF_CLIENT_TIMEOUT": "5"}
    assert ("http://127.0.0.1:8000", 5.0) == (connection_from_env(url).base_url, connection_from_env(url).timeout_s)
    assert "https://other" == connection_from_env({**ENV, "CDF_URL": "https://other"}).base_url


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"CDF_PROJECT": ""}, "the environment does not say CDF_PROJECT"),
        ({"CDF_CLUSTER": ""}, r"does not say CDF_CLUSTER \(or CDF_URL\)"),
        ({"CDF_TOKEN": ""}, "the login flow client_credentials is not available in this version, only token is"),
        ({"CDF_TOKEN": "", "LOGIN_FLOW": "token"}, "does not say CDF_TOKEN"),
        ({"LOGIN_FLOW": "interactive"}, r"interactive is not available .*set CDF_TOKEN, or pass credentials=function"),
        ({"LOGIN_FLOW": "magic"}, r"unknown login flow 'magic' \(one of client_credentials, token"),
        ({"CDF_CLUSTER": "evil.example/#"}, "is not the name of a cluster"),
        ({"CDF_CLIENT_TIMEOUT": "soon"}, "'soon' is not a number of seconds"),
        ({"CDF_CLIENT_TIMEOUT": "-1"}, "'-1' is not a positive number of seconds"),
    ],
)
def test_what_is_wrong_with_the_environment(change: dict[str, str], message: str) -> None:
    """Each mistake names the variable and the way out."""
    with pytest.raises(ConfigError, match=message) as caught:
        connection_from_env({**ENV, **change})
    assert CANARY not in str(caught.value)


def test_a_client_is_made_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`from_env` reads the process's environment."""
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("CDF_URL", raising=False)
    monkeypatch.delenv("LOGIN_FLOW", raising=False)
    with PygenClient.from_env() as client:
        assert ("https://westeurope-1.cognitedata.com", "plant") == (client.base_url, client.project)


def test_a_client_is_made_from_a_file(tmp_path: Path) -> None:
    """`from_toml` reads a table, `cognite` unless another is named, with the old names of keys, too."""
    file = tmp_path / "config.toml"
    file.write_text(
        f'[cognite]\ncdf_cluster = "api"\nproject = "plant"\ntoken = "{CANARY}"\ntimeout_s = 7\n'
        '[test.cdf]\nurl = "http://localhost:1"\nproject = "test"\ntoken = "t"\n',
        encoding="utf-8",
    )
    with PygenClient.from_toml(file) as client:
        assert ("https://api.cognitedata.com", 7.0) == (client.base_url, client.timeout_s)
    assert "http://localhost:1" == connection_from_toml(file, "test.cdf").base_url


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[other]", r"there is no table \[cognite\]"),
        ('[cognite]\nprojct = "x"', r"cognite\.projct: unknown key \(did you mean project\?\)"),
        ('[cognite]\nbanana = "x"', r"cognite\.banana: unknown key \(known: cluster"),
        ('[cognite]\nproject = "p"\ncluster = "c"\nclient_secret = "s"', "client_credentials is not available"),
        (f'[cognite]\ntoken = "{CANARY}', "not valid TOML: at "),
    ],
)
def test_what_is_wrong_with_the_file(tmp_path: Path, text: str, message: str) -> None:
    """Each mistake names file, table and key, and repeats no value."""
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        connection_from_toml(file)
    assert CANARY not in f"{caught.value} {caught.value.__cause__}"
    with pytest.raises(ConfigError, match="cannot read"):
        connection_from_toml(tmp_path / "missing.toml")
