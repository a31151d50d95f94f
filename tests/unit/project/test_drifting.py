"""Whether the data model in CDF is still that of the project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from pygen.client import PygenClient
from pygen.errors import ConfigError, ModelError
from pygen.project.config import ProjectConfig, load_config
from pygen.project.drifting import Drift, DriftReport, drift, severities
from tests.support.model_service import ModelService
from tests.unit.project.conftest import small_model, text_property

REMOTE = 'remote = { space = "sp", external_id = "Plant", version = "v1" }'


def container(name: str, **more: Any) -> dict[str, Any]:
    """A container with one property."""
    properties = {"name": {"type": {"type": "text"}}}
    return {"space": "sp", "externalId": name, "usedFor": "node", "properties": properties, **more}


def configure(root: Path, text: str) -> ProjectConfig:
    """Write a pygen.toml."""
    (root / "pygen.toml").write_text(text, encoding="utf-8")
    return load_config(root)


@pytest.fixture
def config(tmp_path: Path) -> ProjectConfig:
    """A project whose snapshot is the small model."""
    (tmp_path / "plant.json").write_text(json.dumps({"items": [small_model()]}), encoding="utf-8")
    return configure(
        tmp_path, f'[pygen]\nmodel = "plant.json"\n{REMOTE}\nexclude = ["Site"]\n[pygen.python]\noutput = "sdk"\n'
    )


@pytest.fixture
def service() -> ModelService:
    """The same in CDF."""
    return ModelService(small_model(), containers=[container("Pump"), container("Valve"), container("Site")])


def only(config: ProjectConfig, service: ModelService) -> Drift:
    """The one answer."""
    (found,) = drift(config, connect=service.connect).drifts
    return found


class TestOneEnvironment:
    """One model against another."""

    def test_the_same(self, config: ProjectConfig, service: ModelService) -> None:
        """Nothing is asked about containers, which the project does not have."""
        found = only(config, service)
        assert (True, (), "the project plant") == (found.same, found.changes, found.asked)
        assert ["datamodels"] == [path.split("/")[-2] for path, _ in service.asked]

    def test_different(self, config: ProjectConfig, service: ModelService) -> None:
        """As changes that a pull would bring; nothing is written."""
        before = {path: path.read_bytes() for path in config.root.iterdir()}
        service.models[0]["views"][0]["properties"]["height"] = text_property("Pump", "height")
        del service.models[0]["views"][1]["properties"]["name"]
        found = only(config, service)
        assert ["sp:Pump(v1).height", "sp:Valve(v1).name"] == [change.where for change in found.changes]
        assert not found.same
        assert before == {path: path.read_bytes() for path in config.root.iterdir()}
        assert {"breaking", "safe"} <= set(severities(found).replace(",", "").split())

    def test_views_that_are_not_generated_are_marked(self, config: ProjectConfig, service: ModelService) -> None:
        """They are told, since the snapshot is another one."""
        service.models[0]["views"][2]["description"] = "changed"
        found = only(config, service)
        assert (["sp:Site(v1)"], {"sp:Site(v1)"}) == (
            [change.where for change in found.changes],
            found.not_generated,
        )

    def test_containers_that_the_project_has(self, config: ProjectConfig, service: ModelService) -> None:
        """Are compared; others, mapped or not, are none of its business."""
        (config.root / "plant.containers.json").write_text(
            json.dumps([container("Pump"), container("Unmapped")]), encoding="utf-8"
        )
        assert only(config, service).same
        service.containers[1]["properties"]["name"]["type"] = {"type": "int32"}
        assert only(config, service).same
        service.containers[0]["properties"]["name"]["type"] = {"type": "int32"}
        assert ["sp:Pump.name"] == [change.where for change in only(config, service).changes]


class TestSeveral:
    """Several environments, several SDKs."""

    @pytest.fixture
    def services(self) -> dict[str | None, ModelService]:
        """Two environments that are as the project, and one where the model is missing."""
        return {"dev": ModelService(small_model()), "prod": ModelService(small_model()), "empty": ModelService()}

    def ask(
        self, config: ProjectConfig, services: dict[str | None, ModelService], *environments: str, **more: Any
    ) -> DriftReport:
        """Compare with environments."""

        def connect(config: ProjectConfig, environment: str | None) -> PygenClient:
            if environment not in services:
                raise ConfigError(f"no environment is called {environment!r}")
            return services[environment].connect(config, environment)

        return drift(config, environments=environments, connect=connect, **more)

    def test_each_is_asked_once_in_order(self, config: ProjectConfig, services: dict[str | None, ModelService]) -> None:
        """However often it is named."""
        report = self.ask(config, services, "prod", "dev", "prod")
        assert [("prod", True), ("dev", True)] == [(each.asked, each.same) for each in report.drifts]
        assert 0 == report.exit_code

    def test_one_is_different(self, config: ProjectConfig, services: dict[str | None, ModelService]) -> None:
        """Exit code 1."""
        services["prod"].models[0]["views"].pop()
        report = self.ask(config, services, "dev", "prod")
        assert ([True, False], 1) == ([each.same for each in report.drifts], report.exit_code)

    def test_one_that_does_not_answer(self, config: ProjectConfig, services: dict[str | None, ModelService]) -> None:
        """The others are still told; exit code 3 wins over 1."""
        services["prod"].models[0]["views"].pop()
        services["dev"].fail = httpx.Response(403, json={"error": {"code": 403, "message": "Forbidden"}})
        report = self.ask(config, services, "dev", "empty", "prod")
        assert ["DmsAuthError", "RemoteError", "NoneType"] == [type(each.error).__name__ for each in report.drifts]
        assert [False, False, False] == [each.same for each in report.drifts]
        assert report.drifts[2].changes
        assert 3 == report.exit_code

    def test_a_description_that_is_wrong_is_told_before_anybody_is_asked(
        self, config: ProjectConfig, services: dict[str | None, ModelService]
    ) -> None:
        """An error of the configuration, exit code 2."""
        with pytest.raises(ConfigError, match="staging"):
            self.ask(config, services, "dev", "staging")
        assert [] == services["dev"].asked

    def test_sdks(self, tmp_path: Path, service: ModelService) -> None:
        """Each with its own model; one without a remote is a note."""
        text = "\n".join(
            f'[[pygen.sdk]]\nname = "{name}"\nmodel = "{name}.json"\n{remote}\npython = {{ output = "sdk_{name}" }}'
            for name, remote in (("a", REMOTE), ("b", REMOTE), ("c", ""))
        )
        (tmp_path / "a.json").write_text(json.dumps(small_model()), encoding="utf-8")
        (tmp_path / "b.json").write_text(json.dumps({**small_model(), "name": "B"}), encoding="utf-8")
        report = drift(configure(tmp_path, text), connect=service.connect)
        assert [("a", True), ("b", False)] == [(each.sdk, each.same) for each in report.drifts]
        assert ("c: has no remote, so there is nothing to compare with",) == report.skipped
        named = drift(configure(tmp_path, text), names=["a"], connect=service.connect)
        assert ["a"] == [each.sdk for each in named.drifts]

    def test_progress_is_told(self, config: ProjectConfig, services: dict[str | None, ModelService]) -> None:
        """Which environment is asked, and how many there are."""
        told: list[tuple[str, int, int | None]] = []
        self.ask(config, services, "dev", "prod", progress=lambda *step: told.append(step))
        assert [
            ("connecting", 0, None),
            ("fetching sp:Plant(v1) from dev", 0, 2),
            ("fetching sp:Plant(v1) from prod", 1, 2),
            ("compared", 2, 2),
        ] == told


class TestRefused:
    """What cannot be compared."""

    def test_without_a_remote(self, tmp_path: Path, service: ModelService) -> None:
        """The key is named."""
        config = configure(tmp_path, '[pygen]\nmodel = "plant.json"\n[pygen.python]\noutput = "sdk"\n')
        with pytest.raises(ConfigError) as caught:
            drift(config, connect=service.connect)
        assert "pygen.remote" == caught.value.key

    def test_without_a_snapshot(self, config: ProjectConfig, service: ModelService) -> None:
        """The command that makes one is named."""
        (config.root / "plant.json").unlink()
        with pytest.raises(ConfigError, match=r"plant\.json: no such file \(pygen pull fetches it\)"):
            drift(config, connect=service.connect)
        assert [] == service.asked

    def test_a_name_that_the_disk_refuses(self, tmp_path: Path, service: ModelService) -> None:
        """Is told as what cannot be read; a pull would not help."""
        text = f'[pygen]\nmodel = "{"long" * 100}.json"\n{REMOTE}\n[pygen.python]\noutput = "sdk"\n'
        with pytest.raises(ConfigError, match="not readable: ") as caught:
            only(configure(tmp_path, text), service)
        assert "" == caught.value.hint

    def test_without_a_schema(self, tmp_path: Path, service: ModelService) -> None:
        """A pull does not write what people write, so none is suggested."""
        text = f'[pygen]\nmodel = "plant.graphql"\n{REMOTE}\n[pygen.python]\noutput = "sdk"\n'
        with pytest.raises(ConfigError, match="no such file") as caught:
            only(configure(tmp_path, text), service)
        assert "" == caught.value.hint

    @pytest.mark.parametrize(
        ("text", "error"), [("{", ConfigError), (json.dumps({**small_model(), "views": [5]}), ModelError)]
    )
    def test_a_broken_snapshot(
        self, config: ProjectConfig, service: ModelService, text: str, error: type[Exception]
    ) -> None:
        """Is told before anybody is asked."""
        (config.root / "plant.json").write_text(text, encoding="utf-8")
        with pytest.raises(error):
            drift(config, connect=service.connect)
        assert [] == service.asked
