"""Connection settings from the environment and from a file."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from pygen.client import PygenClient
from pygen.client.addresses import cluster_url
from pygen.client.auth import Credentials, Token
from pygen.client.oauth import OAuthClientCredentials, OAuthDeviceCode, OAuthInteractive
from pygen.client.settings import Connection, connection_from_env, connection_from_toml
from pygen.errors import ConfigError

CANARY = "canary-9f8e7d6c5b4a"
HOME = "https://westeurope-1.cognitedata.com"
PLACE = {"CDF_CLUSTER": "westeurope-1", "CDF_PROJECT": "plant"}
ENV = {**PLACE, "CDF_TOKEN": CANARY}
APPLICATION = {**PLACE, "IDP_CLIENT_ID": "app", "IDP_CLIENT_SECRET": CANARY}
PERSON = {**PLACE, "IDP_CLIENT_ID": "app"}
ENTRA = "https://login.microsoftonline.com"


def shown(error: BaseException) -> str:
    """All that a report of *error* could show, but for the test's own frames."""
    stack = traceback.TracebackException.from_exception(error, capture_locals=True).stack
    frames = [str(frame.locals) for frame in stack if not frame.filename.endswith("test_settings.py")]
    return f"{error} {error!r} {error.__cause__} {error.__context__!r} {frames}"


def first_request(credentials: Credentials) -> tuple[str, dict[str, str]]:
    """Where the identity provider is asked first, and what it is sent."""
    flow = credentials.sync_auth_flow(httpx.Request("GET", "https://cluster.example"))
    request = next(flow)
    flow.close()
    return str(request.url), dict(parse_qsl(request.content.decode()))


def test_the_environment_says_where_and_who() -> None:
    """A cluster gives the address, `CDF_TOKEN` implies the flow, and the rest is optional."""
    connection = connection_from_env(ENV)
    assert (HOME, "plant", 30.0, None) == (
        connection.base_url,
        connection.project,
        connection.timeout_s,
        connection.max_workers,
    )
    assert (Token, CANARY) == (type(connection.credentials), connection.credentials.token())
    url = {"CDF_URL": " http://127.0.0.1:8000 ", "CDF_PROJECT": "p", "CDF_TOKEN": "t"}
    more = {"CDF_CLIENT_TIMEOUT": "5", "CDF_CLIENT_MAX_WORKERS": "7"}
    connection = connection_from_env({**url, **more})
    assert ("http://127.0.0.1:8000", 5.0, 7) == (connection.base_url, connection.timeout_s, connection.max_workers)
    assert "https://other" == connection_from_env({**ENV, "CDF_URL": "https://other"}).base_url


def test_variables_may_have_a_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    """One process can know several connections; what is missing is named with the prefix."""
    environ = {f"PROD_{name}": value for name, value in ENV.items()} | {"CDF_PROJECT": "another"}
    assert "plant" == connection_from_env(environ, prefix="PROD_").project
    with pytest.raises(ConfigError, match="DEV_CDF_PROJECT"):
        connection_from_env(environ, prefix="DEV_")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with PygenClient.from_env(prefix="PROD_") as client:
        assert "plant" == client.project


def test_nothing_shows_the_token() -> None:
    """Neither the connection nor what it is made of."""
    assert "Connection(base_url='https://westeurope-1.cognitedata.com', project='plant')" == repr(
        connection_from_env(ENV)
    )
    assert CANARY not in repr([tuple(connection_from_env(ENV)), tuple(connection_from_env({**APPLICATION, **TENANT}))])


TENANT = {"IDP_TENANT_ID": "contoso"}
TOKEN_URL = {"IDP_TOKEN_URL": "https://idp.example/token"}
DISCOVERY = {"IDP_DISCOVERY_URL": "https://idp.example"}


@pytest.mark.parametrize(
    ("environ", "url", "asked"),
    [
        (TENANT, f"{ENTRA}/contoso/oauth2/v2.0/token", {"scope": f"{HOME}/.default", "audience": HOME}),
        (
            {"IDP_AUTHORITY_URL": f"{ENTRA}/other/", "LOGIN_FLOW": "Client_Credentials", "CDF_TOKEN": "unused"},
            f"{ENTRA}/other/oauth2/v2.0/token",
            {"scope": f"{HOME}/.default", "audience": HOME},
        ),
        (
            {**TOKEN_URL, "IDP_SCOPES": "a, b  c", "IDP_AUDIENCE": "d"},
            "https://idp.example/token",
            {"scope": "a b c", "audience": "d"},
        ),
        (
            {**TENANT, "CDF_URL": "https://private.example", "CDF_CLUSTER": "api"},
            f"{ENTRA}/contoso/oauth2/v2.0/token",
            {"scope": "https://api.cognitedata.com/.default", "audience": "https://api.cognitedata.com"},
        ),
        (
            {**TENANT, "CDF_URL": "https://az-eastus-1.cognitedata.com/", "CDF_CLUSTER": " "},
            f"{ENTRA}/contoso/oauth2/v2.0/token",
            {
                "scope": "https://az-eastus-1.cognitedata.com/.default",
                "audience": "https://az-eastus-1.cognitedata.com",
            },
        ),
        ({"PROVIDER": "cdf"}, "https://auth.cognite.com/oauth2/token", {}),
        (
            {"PROVIDER": "auth0", **TOKEN_URL},
            "https://idp.example/token",
            {"scope": "IDENTITY user_impersonation", "audience": "https://plant.fusion.cognite.com/plant"},
        ),
        ({"PROVIDER": "other", **TOKEN_URL}, "https://idp.example/token", {"audience": HOME}),
    ],
)
def test_an_application(environ: dict[str, str], url: str, asked: dict[str, str]) -> None:
    """Each provider has its addresses, scopes and audience (dms-api.md 1.4)."""
    credentials = connection_from_env({**APPLICATION, **environ}).credentials
    assert isinstance(credentials, OAuthClientCredentials)
    form = {"grant_type": "client_credentials", "client_id": "app", "client_secret": CANARY, **asked}
    assert (url, form) == first_request(credentials)


@pytest.mark.parametrize(
    ("environ", "url", "asked"),
    [
        (
            TENANT,
            f"{ENTRA}/contoso/oauth2/v2.0/devicecode",
            {"scope": f"{HOME}/IDENTITY {HOME}/user_impersonation openid profile offline_access"},
        ),
        (
            {"IDP_TOKEN_URL": f"{ENTRA}/known/oauth2/v2.0/token", "IDP_SCOPES": "x"},
            f"{ENTRA}/known/oauth2/v2.0/devicecode",
            {"scope": "x offline_access"},
        ),
        ({"PROVIDER": "auth0", **DISCOVERY}, "https://idp.example/.well-known/openid-configuration", None),
        (
            {"PROVIDER": "other", "IDP_AUTHORITY_URL": "https://idp.example/realm"},
            "https://idp.example/realm/.well-known/openid-configuration",
            None,
        ),
    ],
)
def test_a_person_with_a_device_code(environ: dict[str, str], url: str, asked: dict[str, str] | None) -> None:
    """Entra ID is known; others say where they hand out codes."""
    credentials = connection_from_env({**PERSON, "LOGIN_FLOW": "device_code", **environ}).credentials
    assert isinstance(credentials, OAuthDeviceCode)
    assert (url, {} if asked is None else {"client_id": "app", **asked}) == first_request(credentials)


@pytest.mark.parametrize(
    ("environ", "asked"),
    [
        (TENANT, {"scope": f"{HOME}/.default offline_access"}),
        ({**TENANT, "IDP_AUDIENCE": "a"}, {"scope": f"{HOME}/.default offline_access", "audience": "a"}),
        (
            {"PROVIDER": "auth0", **DISCOVERY},
            {"scope": "IDENTITY user_impersonation", "audience": "https://plant.fusion.cognite.com/plant"},
        ),
        ({"PROVIDER": "other", **DISCOVERY}, {"audience": HOME}),
    ],
)
def test_a_person_with_a_browser(environ: dict[str, str], asked: dict[str, str]) -> None:
    """The scopes are those of an application, and more for the refresh token."""
    credentials = connection_from_env({**PERSON, "LOGIN_FLOW": "interactive", **environ}).credentials
    assert isinstance(credentials, OAuthInteractive)
    assert {"client_id": "app", **asked} == credentials._asked


NOTHING: dict[str, str] = {}


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (
            NOTHING,
            (
                r"^CDF_PROJECT: the environment does not say CDF_PROJECT, CDF_CLUSTER \(or CDF_URL\), IDP_CLIENT_ID, "
                r"IDP_CLIENT_SECRET, IDP_TENANT_ID \(or IDP_TOKEN_URL\) "
                r"\(CDF_TOKEN alone would do, or another LOGIN_FLOW\)"
            ),
        ),
        ({**ENV, "CDF_PROJECT": " \t"}, "the environment does not say CDF_PROJECT$"),
        ({**ENV, "CDF_CLUSTER": ""}, r"does not say CDF_CLUSTER \(or CDF_URL\)$"),
        ({**PLACE, "LOGIN_FLOW": "token"}, "does not say CDF_TOKEN$"),
        ({**PLACE, "LOGIN_FLOW": "client_credentials", "PROVIDER": "cdf"}, "IDP_CLIENT_ID, IDP_CLIENT_SECRET$"),
        ({**APPLICATION, "PROVIDER": "other"}, "does not say IDP_TOKEN_URL$"),
        ({**PERSON, "LOGIN_FLOW": "device_code"}, r"does not say IDP_TENANT_ID \(or IDP_AUTHORITY_URL\)$"),
        ({**PLACE, "LOGIN_FLOW": "interactive", "PROVIDER": "other"}, "does not say IDP_CLIENT_ID, IDP_DISCOVERY_URL$"),
        (
            {**APPLICATION, **TENANT, "CDF_CLUSTER": "", "CDF_URL": "https://private.example"},
            r"does not say CDF_CLUSTER \(or IDP_SCOPES\)$",
        ),
        ({**ENV, "LOGIN_FLOW": "magic"}, r"^LOGIN_FLOW: unknown login flow 'magic' \(one of client_credentials, token"),
        ({**ENV, "PROVIDER": "magic"}, r"^PROVIDER: unknown provider 'magic' \(one of entra_id, auth0, cdf, other\)$"),
        ({**PERSON, "PROVIDER": "cdf", "LOGIN_FLOW": "interactive"}, "the provider cdf does not offer the login flow"),
        ({**ENV, "CDF_CLUSTER": "evil.example/#"}, "^CDF_CLUSTER: 'evil.example/#' is not the name of a cluster"),
        ({**ENV, "CDF_CLIENT_TIMEOUT": "soon"}, "'soon' is not a positive number of seconds"),
        ({**ENV, "CDF_CLIENT_TIMEOUT": "nan"}, "'nan' is not a positive number of seconds"),
        ({**ENV, "CDF_CLIENT_TIMEOUT": "-1"}, "'-1' is not a positive number of seconds"),
        ({**ENV, "CDF_CLIENT_MAX_WORKERS": "0"}, "^CDF_CLIENT_MAX_WORKERS: '0' is not a positive whole number$"),
        ({**ENV, "CDF_CLIENT_MAX_WORKERS": "2.5"}, "'2.5' is not a positive whole number$"),
        ({**APPLICATION, "IDP_TOKEN_URL": "http://idp.example"}, "token_url: http would send secrets to idp.example"),
        ({**ENV, "CDF_URL": "westeurope-1"}, r"^CDF_URL: not an http\(s\) address with a host"),
    ],
)
def test_what_is_wrong_with_the_environment(environ: dict[str, str], message: str) -> None:
    """Each mistake names the variable and the way out; everything that is missing is named at once."""
    with pytest.raises(ConfigError, match=message) as caught:
        connection_from_env(environ)
    assert CANARY not in shown(caught.value)


def test_a_client_is_made_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`from_env` reads the process's environment."""
    for name in ("CDF_URL", "LOGIN_FLOW", "PROVIDER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    with PygenClient.from_env() as client:
        assert (HOME, "plant") == (client.base_url, client.project)


def written(folder: Path, text: str) -> Path:
    """A file with settings."""
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_client_is_made_from_a_file(tmp_path: Path) -> None:
    """`from_toml` reads a table, `cognite` unless another is named, with the old names of keys, too."""
    file = written(
        tmp_path,
        f'[cognite]\ncdf_cluster = "api"\nproject = "plant"\ntoken = "{CANARY}"\ntimeout_s = 7\n'
        '[test.cdf]\nurl = "http://localhost:1"\nproject = "test"\ntoken = "t"\n',
    )
    with PygenClient.from_toml(file) as client:
        assert ("https://api.cognitedata.com", 7.0) == (client.base_url, client.timeout_s)
    assert "http://localhost:1" == connection_from_toml(file, "test.cdf").base_url


@pytest.mark.parametrize(
    "text",
    [
        """
        cluster = "westeurope-1"
        tenant_id = "contoso"
        client_id = "app"
        client_secret = "s"
        scopes = ["a", "b"]
        max_workers = 3
        timeout_s = 2.5
        """,
        """
        cdf_cluster = "westeurope-1"
        idp_tenant_id = "contoso"
        idp_client_id = "app"
        idp_client_secret = "s"
        idp_scopes = "a,b"
        cdf_client_max_workers = "3"
        client_timeout = "2.5"
        login_flow = ""
        provider = "entra_id"
        """,
    ],
)
def test_a_file_says_what_the_environment_says(tmp_path: Path, text: str) -> None:
    """Keys are the variables in lower case, with or without their beginning; numbers and arrays may be written so."""
    connection: Connection = connection_from_toml(written(tmp_path, f'[cognite]\nproject = "plant"\n{text}'))
    assert (HOME, 2.5, 3) == (connection.base_url, connection.timeout_s, connection.max_workers)
    url, form = first_request(connection.credentials)
    assert (f"{ENTRA}/contoso/oauth2/v2.0/token", "s", "a b") == (url, form["client_secret"], form["scope"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[other]", r"config\.toml: there is no table \[cognite\]"),
        ("cognite = 7", r"there is no table \[cognite\]"),
        (f'[cognite]\ntoken = "{CANARY}"\nprojct = "x"', r"cognite\.projct: unknown key \(did you mean project\?\)"),
        ('[cognite]\nbanana = "x"', r"cognite\.banana: unknown key \(known: cluster, project"),
        ('[cognite]\nurl = "x"\ncdf_url = "y"', r"cognite\.cdf_url: url is given twice, in two spellings"),
        (f'[cognite]\ntoken = ["{CANARY}", 1]', r"cognite\.token: must be a text or a number"),
        ("[cognite]\ntimeout_s = true", r"cognite\.timeout_s: must be a text or a number"),
        (
            '[cognite]\nproject = "p"\nurl = "http://x.example"\ntoken = "t"',
            "^url: http would send secrets to x.example",
        ),
        (
            f'[cognite]\nproject = "p"\ncluster = "c"\nclient_secret = "{CANARY}"',
            r"^client_id: \[cognite\] of config\.toml does not say client_id, tenant_id \(or token_url\)$",
        ),
        (f'[cognite]\ntoken = "{CANARY}', "not valid TOML: at "),
        (f'[cognite]\ntoken = {CANARY}\nx = "', "not valid TOML: "),
    ],
)
def test_what_is_wrong_with_the_file(tmp_path: Path, text: str, message: str) -> None:
    """Each mistake names file, table and key, and repeats no value."""
    with pytest.raises(ConfigError, match=message) as caught:
        connection_from_toml(written(tmp_path, text))
    assert CANARY not in shown(caught.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """It is missing, or no text."""
    with pytest.raises(ConfigError, match="cannot read"):
        connection_from_toml(tmp_path / "missing.toml")
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xff" + CANARY.encode())
    with pytest.raises(ConfigError, match="not valid TOML: the encoding is not UTF-8") as caught:
        connection_from_toml(file)
    assert CANARY not in shown(caught.value)


@pytest.mark.parametrize(
    ("name", "url"), [(" API ", "https://api.cognitedata.com"), ("a", "https://a.cognitedata.com")]
)
def test_the_address_of_a_cluster(name: str, url: str) -> None:
    """Its name says it, however it is written."""
    assert url == cluster_url(name)


@pytest.mark.parametrize("name", ["", "-a", "a.b", "https://a.cognitedata.com", "a/b"])
def test_what_is_no_cluster(name: Any) -> None:
    """A name cannot lead elsewhere."""
    with pytest.raises(ConfigError, match="is not the name of a cluster"):
        cluster_url(name)
