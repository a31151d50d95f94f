"""Fetching a data model: what is asked, and which answers are none."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from pygen.client.exceptions import DmsAuthError, DmsTransportError
from pygen.errors import ConfigError, RemoteError
from pygen.project.config import ProjectConfig, RemoteConfig, parse_config
from pygen.project.plain_model import snapshot_text
from pygen.project.remote import PATIENCE_S, SIGN_IN_S, connect, fetch, unseen_containers
from tests.support.model_service import ModelService
from tests.unit.project.conftest import small_model, text_property, view

REMOTE = RemoteConfig("sp", "Plant", "v1")
CONFIG: Any = None


def container(name: str) -> dict[str, Any]:
    """A container with one property."""
    properties = {"name": {"type": {"type": "text"}}}
    return {"space": "sp", "externalId": name, "usedFor": "node", "properties": properties}


def fetched(service: ModelService, *, with_containers: bool = False) -> Any:
    """What a fetch of the small model gives."""
    with service.connect(CONFIG) as client:
        return fetch(client, REMOTE, with_containers=with_containers)


class TestFetch:
    """Good answers."""

    def test_the_order_of_an_answer_means_nothing(self) -> None:
        """Each answer is in another one; the model is the same."""
        service = ModelService(small_model(), containers=[container("Pump"), container("Valve"), container("Site")])
        texts = [
            snapshot_text([model.raw, *model.containers])
            for model in (fetched(service, with_containers=True) for _ in range(20))
        ]
        assert [texts[0]] * 20 == texts

    def test_containers_only_where_wanted(self) -> None:
        """Without, nobody asks for them."""
        service = ModelService(small_model(), containers=[container("Pump")])
        assert None is fetched(service).containers
        assert ["Pump"] == [each["externalId"] for each in fetched(service, with_containers=True).containers]

    def test_containers_that_are_not_shown_are_told(self) -> None:
        """The service drops what the credentials may not see."""
        model = fetched(ModelService(small_model(), containers=[container("Pump")]), with_containers=True)
        assert ("sp:Site", "sp:Valve") == unseen_containers(model)
        assert () == unseen_containers(model._replace(containers=None))

    def test_many_containers_are_asked_for_in_parts(self) -> None:
        """A request about schema takes a hundred."""
        names = [f"C{number}" for number in range(250)]
        properties = {name: text_property(name, "name") for name in names}
        service = ModelService(
            {**small_model(), "views": [view("Wide", properties)]}, containers=[container(name) for name in names]
        )
        found = fetched(service, with_containers=True)
        assert sorted(names) == [each["externalId"] for each in found.containers]
        assert [1, 100, 100, 50] == [len(items) for _, items in service.asked]


class TestNoDataModel:
    """Answers that must never become a snapshot."""

    def test_there_is_none(self) -> None:
        """The project is named, and the versions that there are."""
        service = ModelService({**small_model(), "version": "v2"}, {**small_model(), "version": "v3"})
        with pytest.raises(RemoteError, match=r"sp:Plant\(v1\) is not in the project plant") as caught:
            fetched(service)
        assert "v2, v3" in str(caught.value)
        assert 3 == caught.value.exit_code

    def test_there_is_none_of_that_name(self) -> None:
        """Then the configuration may be wrong."""
        with pytest.raises(RemoteError, match="`remote` in the configuration"):
            fetched(ModelService())

    @pytest.mark.parametrize(
        ("said", "message"),
        [
            ({"views": 5}, "no data model"),
            ({"views": [{"space": "sp"}]}, "no data model"),
            ({"version": None}, "no data model"),
            ({"externalId": "Other"}, "another data model"),
            (
                {"views": [{"type": "view", "space": "sp", "externalId": "Named", "version": "v1"}]},
                r"sp:Named\(v1\)",
            ),
            ({"description": float("nan")}, "no data model|no file can"),
            ({"novelty": float("nan")}, "no file can"),
            ({"novelty": "half of a pair: \ud800"}, "no file can"),
        ],
    )
    def test_something_else(self, said: dict[str, Any], message: str) -> None:
        """Another model, a broken one, views without content, and what no file can hold."""
        service = ModelService()
        service.fail = httpx.Response(200, text=json.dumps({"items": [{**small_model(), **said}]}))
        with pytest.raises(RemoteError, match=message):
            fetched(service)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ('[{"space": "sp"}]', "no container"),
            (json.dumps([container("Stranger")]), "other containers: .*Stranger"),
        ],
    )
    def test_containers_that_are_none(self, text: str, message: str) -> None:
        """A wrong shape, or one that nobody asked for."""

        class Service(ModelService):
            def _answer(self, request: httpx.Request) -> httpx.Response:
                if "containers" in request.url.path:
                    return httpx.Response(200, text=f'{{"items": {text}}}')
                return super()._answer(request)

        with pytest.raises(RemoteError, match=message):
            fetched(Service(small_model()), with_containers=True)

    @pytest.mark.parametrize("text", ["", "<html>", "[]", '{"items": 5}', '{"items": [5]}', '{"items": [{"views'])
    def test_no_answer_at_all(self, text: str) -> None:
        """A page of a proxy, or half of an answer."""
        service = ModelService()
        service.fail = httpx.Response(200, text=text)
        with pytest.raises(DmsTransportError):
            fetched(service)

    def test_a_refusal(self) -> None:
        """Is raised as it is."""
        service = ModelService()
        service.fail = httpx.Response(401, json={"error": {"code": 401, "message": "Unauthorized"}})
        with pytest.raises(DmsAuthError):
            fetched(service)


@pytest.fixture
def config(tmp_path: Path) -> ProjectConfig:
    """A project with environments of both kinds."""
    tables = {
        "model": "plant.json",
        "python": {"output": "sdk"},
        "environments": {
            "dev": {"prefix": "DEV_"},
            "prod": {"toml": "connections/prod.toml", "table": "cdf.prod"},
        },
    }
    return parse_config({"pygen": tables}, tmp_path / "pygen.toml")


class TestConnect:
    """Where an environment leads."""

    def test_without_one_the_process_says(self, config: ProjectConfig, monkeypatch: pytest.MonkeyPatch) -> None:
        """The variables have no prefix then."""
        for name, value in {"CDF_URL": "http://127.0.0.1:1", "CDF_PROJECT": "here", "CDF_TOKEN": "t"}.items():
            monkeypatch.setenv(name, value)
        with connect(config) as client:
            assert ("here", PATIENCE_S) == (client.project, client.retry.deadline_s)

    def test_by_prefix(self, config: ProjectConfig, monkeypatch: pytest.MonkeyPatch) -> None:
        """Only the variables with the prefix count."""
        for name, value in {"CDF_URL": "http://127.0.0.1:1", "CDF_PROJECT": "here", "CDF_TOKEN": "t"}.items():
            monkeypatch.setenv(f"DEV_{name}", value)
        monkeypatch.setenv("CDF_PROJECT", "not this one")
        with connect(config, "dev", patience_s=7.0) as client:
            assert ("here", 7.0, 7.0) == (client.project, client.retry.deadline_s, client.timeout_s)

    def test_by_file(self, config: ProjectConfig, tmp_path: Path) -> None:
        """The file is relative to the project."""
        (tmp_path / "connections").mkdir()
        (tmp_path / "connections/prod.toml").write_text(
            '[cdf.prod]\nurl = "http://127.0.0.1:1"\nproject = "there"\ntoken = "t"\n', encoding="utf-8"
        )
        with connect(config, "prod") as client:
            assert "there" == client.project

    @pytest.mark.parametrize(
        ("flow", "expected"), [("token", PATIENCE_S), ("interactive", SIGN_IN_S), ("device_code", SIGN_IN_S)]
    )
    def test_a_person_may_take_longer(
        self, config: ProjectConfig, monkeypatch: pytest.MonkeyPatch, flow: str, expected: float
    ) -> None:
        """Signing in takes a person minutes, and the answer is not late for it."""
        found = {"CDF_URL": "http://127.0.0.1:1", "CDF_PROJECT": "here", "CDF_TOKEN": "t", "LOGIN_FLOW": flow}
        found |= {"IDP_CLIENT_ID": "app", "IDP_TENANT_ID": "tenant", "CDF_CLUSTER": "westeurope-1"}
        for name, value in found.items():
            monkeypatch.setenv(f"DEV_{name}", value)
        with connect(config, "dev") as client:
            assert expected == client.retry.deadline_s
        with connect(config, "dev", patience_s=5.0) as client:
            assert 5.0 == client.retry.deadline_s

    @pytest.mark.parametrize(
        ("name", "message"), [("dev", "DEV_CDF_PROJECT"), ("prod", r"prod\.toml"), ("staging", "no environment")]
    )
    def test_what_is_missing_is_named(
        self, config: ProjectConfig, name: str, message: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A variable with its prefix, the file, or the environment."""
        monkeypatch.delenv("DEV_CDF_PROJECT", raising=False)
        with pytest.raises(ConfigError, match=message):
            connect(config, name)

    def test_waiting_is_told(self, config: ProjectConfig, monkeypatch: pytest.MonkeyPatch) -> None:
        """What failed, and that another attempt follows."""
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))  # it listens to nobody, and belongs to nobody else
            waits = self._waits(f"http://127.0.0.1:{closed.getsockname()[1]}", config, monkeypatch)
        assert waits
        assert all(wait.startswith("datamodels.byids: cannot connect to http://127.0.0.1:") for wait in waits)
        assert all("; asking again in 0." in wait for wait in waits)

    def _waits(self, url: str, config: ProjectConfig, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        for name, value in {"CDF_URL": url, "CDF_PROJECT": "here", "CDF_TOKEN": "t"}.items():
            monkeypatch.setenv(name, value)
        waits: list[str] = []
        with (
            connect(config, patience_s=1.0, on_wait=waits.append) as client,
            pytest.raises(DmsTransportError, match="cannot connect"),
        ):
            fetch(client, REMOTE, with_containers=False)
        return waits
