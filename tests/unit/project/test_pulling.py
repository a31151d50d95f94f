"""Bringing snapshots up to date: what is written, in which order, and what is left alone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from pygen.client.exceptions import DmsError
from pygen.errors import ConfigError, MissingExtraError, OutputError, RemoteError
from pygen.project import writing
from pygen.project.config import ProjectConfig, load_config
from pygen.project.locking import one_writer
from pygen.project.plain_model import read_plain_model
from pygen.project.pulling import PullReport, SnapshotChange, pull, refresh_snapshot
from tests.support.model_service import ModelService
from tests.unit.project.conftest import small_model, text_property

REMOTE = 'remote = { space = "sp", external_id = "Plant", version = "v1" }'


def container(name: str) -> dict[str, Any]:
    """A container with one property."""
    properties = {"name": {"type": {"type": "text"}}}
    return {"space": "sp", "externalId": name, "usedFor": "node", "properties": properties}


CONTAINERS = [container("Pump"), container("Valve"), container("Site")]


def configure(root: Path, text: str) -> ProjectConfig:
    """Write a pygen.toml."""
    (root / "pygen.toml").write_text(text, encoding="utf-8")
    return load_config(root)


@pytest.fixture
def config(tmp_path: Path) -> ProjectConfig:
    """A project that was never pulled."""
    return configure(tmp_path, f'[pygen]\nmodel = "model/plant.json"\n{REMOTE}\n[pygen.python]\noutput = "sdk"\n')


@pytest.fixture
def service() -> ModelService:
    """The small model and its containers."""
    return ModelService(small_model(), containers=CONTAINERS)


def pulled(config: ProjectConfig, service: ModelService, **options: Any) -> SnapshotChange:
    """Pull the only snapshot."""
    (snapshot,) = pull(config, connect=service.connect, **options).snapshots
    return snapshot


def files(root: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with its time, but the configuration."""
    return {
        path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in root.rglob("*")
        if path.is_file() and path.name != "pygen.toml"
    }


class TestPull:
    """What comes of it."""

    def test_the_first_one(self, config: ProjectConfig, service: ModelService) -> None:
        """The folder is made, the containers come along, and there is nothing to compare with."""
        found = pulled(config, service)
        assert (True, True, (), 3, 5) == (found.first, found.changed, found.changes, found.views, found.properties)
        assert ("model/plant.containers.json", "model/plant.json") == found.files
        model = read_plain_model(config.root / "model/plant.json")
        assert "sp:Plant(v1)" == model.name
        assert 3 == len(model.containers or ())

    def test_the_second_one_touches_nothing(self, config: ProjectConfig, service: ModelService) -> None:
        """Whatever the order and the times of the answer."""
        pulled(config, service)
        before = files(config.root)
        for time in range(5):
            service.models[0]["lastUpdatedTime"] = time
            service.models[0]["views"][0]["lastUpdatedTime"] = time
            assert not pulled(config, service).changed
        assert before == files(config.root)

    def test_says_what_changed(self, config: ProjectConfig, service: ModelService) -> None:
        """Per view and property; files that are the same are left alone."""
        pulled(config, service)
        service.models[0]["views"][2]["properties"]["height"] = text_property("Site", "height")
        found = pulled(config, service)
        assert ["sp:Site(v1).height"] == [change.where for change in found.changes]
        assert ("model/plant.json",) == found.files
        assert (False, 6) == (found.first, found.properties)

    def test_another_layout_is_written_anew(self, config: ProjectConfig, service: ModelService) -> None:
        """The file is what a pull writes, even if it says the same already; no change is claimed."""
        pulled(config, service)
        path = config.root / "model/plant.json"
        good = path.read_bytes()
        path.write_text(json.dumps(json.loads(good)), encoding="utf-8")
        found = pulled(config, service)
        assert (("model/plant.json",), ()) == (found.files, found.changes)
        assert good == path.read_bytes()

    def test_line_ends_of_git_are_no_difference(self, config: ProjectConfig, service: ModelService) -> None:
        """A checkout on Windows is not rewritten."""
        pulled(config, service)
        path = config.root / "model/plant.json"
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        assert not pulled(config, service).changed

    def test_what_this_version_does_not_know_stays(self, config: ProjectConfig, service: ModelService) -> None:
        """A field of a later API is in the file."""
        service.models[0]["views"][0]["novelty"] = {"of": ["2030"]}
        pulled(config, service)
        assert b'"novelty"' in (config.root / "model/plant.json").read_bytes()

    def test_a_dry_run(self, config: ProjectConfig, service: ModelService) -> None:
        """Says what it would write, and writes nothing, not even a folder."""
        found = pulled(config, service, dry_run=True)
        assert ("model/plant.containers.json", "model/plant.json") == found.files
        assert ["pygen.toml"] == [path.name for path in config.root.iterdir()]

    def test_a_link_stays_one(self, config: ProjectConfig, service: ModelService, tmp_path: Path) -> None:
        """The file that it leads to is replaced."""
        (config.root / "model").mkdir()
        (config.root / "elsewhere").mkdir()
        link = config.root / "model/plant.json"
        link.symlink_to(config.root / "elsewhere/real.json")
        pulled(config, service)
        assert link.is_symlink()
        assert "sp:Plant(v1)" == read_plain_model(config.root / "elsewhere/real.json").name

    def test_a_link_to_itself(self, config: ProjectConfig, service: ModelService) -> None:
        """Leads nowhere: the file takes its place."""
        (config.root / "model").mkdir()
        link = config.root / "model/plant.json"
        link.symlink_to(link)
        assert pulled(load_config(config.root), service).first
        assert "sp:Plant(v1)" == read_plain_model(link).name

    @pytest.mark.parametrize("name", ["plant.yaml", "plant.yml"])
    def test_yaml(self, tmp_path: Path, service: ModelService, name: str) -> None:
        """The suffix decides; what is read is the same."""
        pytest.importorskip("yaml")
        text = f'[pygen]\nmodel = "{name}"\n{REMOTE}\n[pygen.python]\noutput = "sdk"\n'
        config = configure(tmp_path, text)
        service.models[0]["description"] = "no: 1e5 # not a comment\n\ttext"
        assert (f"plant.containers{Path(name).suffix}", name) == pulled(config, service).files
        assert not pulled(config, service).changed
        assert service.models[0]["description"] == read_plain_model(tmp_path / name).raw["description"]

    def test_yaml_without_its_package(
        self, tmp_path: Path, service: ModelService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The extra is named, and nothing is written."""
        monkeypatch.setitem(__import__("sys").modules, "yaml", None)
        config = configure(tmp_path, f'[pygen]\nmodel = "plant.yaml"\n{REMOTE}\n[pygen.python]\noutput = "sdk"\n')
        with pytest.raises(MissingExtraError, match=r"pygen-cdf\[build\]"):
            pulled(config, service)
        assert {} == files(tmp_path)


class TestContainers:
    """When the file beside the model is written."""

    @pytest.mark.parametrize(
        ("there", "asked", "written"),
        [
            (False, None, False),
            (False, True, True),
            (False, False, False),
            (True, None, True),
            (True, True, True),
            (True, False, False),
        ],
    )
    def test_after_the_first_pull(
        self, config: ProjectConfig, service: ModelService, *, there: bool, asked: bool | None, written: bool
    ) -> None:
        """It is refreshed where it is; an option decides otherwise, and never deletes it."""
        pulled(config, service, containers=there)
        path = config.root / "model/plant.containers.json"
        assert there == path.exists()
        service.containers[0]["properties"]["more"] = {"type": {"type": "int32"}}
        found = pulled(config, service, containers=asked)
        assert written == ("model/plant.containers.json" in found.files)
        assert (there or written) == path.exists()
        assert written == (path.exists() and b'"more"' in path.read_bytes())
        stays = [warning for warning in found.warnings if "plant.containers.json stays as it is" in warning]
        assert (there and asked is False) == bool(stays)

    def test_a_first_pull_without(self, config: ProjectConfig, service: ModelService) -> None:
        """`--no-containers` holds at the first pull, too."""
        assert ("model/plant.json",) == pulled(config, service, containers=False).files

    def test_a_file_of_another_kind_is_the_one(self, config: ProjectConfig, service: ModelService) -> None:
        """Containers in YAML beside a model in JSON stay there."""
        pytest.importorskip("yaml")
        pulled(config, service, containers=False)
        beside = config.root / "model/plant.containers.yaml"
        beside.write_text("[]\n", encoding="utf-8")
        assert ("model/plant.containers.yaml",) == pulled(config, service).files
        assert not (config.root / "model/plant.containers.json").exists()

    def test_are_found_again(self, tmp_path: Path, service: ModelService) -> None:
        """Whatever the case of the model's suffix."""
        text = f'[pygen]\nmodel = "plant.JSON"\n{REMOTE}\n[pygen.python]\noutput = "sdk"\n'
        config = configure(tmp_path, text)
        assert ("plant.containers.json", "plant.JSON") == pulled(config, service).files
        assert read_plain_model(tmp_path / "plant.JSON").containers
        service.containers[0]["properties"]["more"] = {"type": {"type": "int32"}}
        assert ("plant.containers.json",) == pulled(config, service).files

    def test_that_no_view_maps_are_no_change(self, config: ProjectConfig, service: ModelService) -> None:
        """They leave the file, and were not used before."""
        pulled(config, service)
        path = config.root / "model/plant.containers.json"
        path.write_text(json.dumps([*CONTAINERS, container("Unmapped")]), encoding="utf-8")
        found = pulled(config, service)
        assert (("model/plant.containers.json",), ()) == (found.files, found.changes)

    def test_that_cannot_be_read(self, config: ProjectConfig, service: ModelService) -> None:
        """Are replaced; the model is compared all the same."""
        pulled(config, service)
        (config.root / "model/plant.containers.json").write_text("<<<<<<< ours\n", encoding="utf-8")
        service.models[0]["views"][0]["description"] = "changed"
        found = pulled(config, service)
        assert (False, ["sp:Pump(v1)"]) == (found.unreadable, [change.where for change in found.changes])
        said = "model/plant.containers.json could not be read, so nobody can tell what changed in the containers"
        assert [said] == list(found.warnings)
        assert read_plain_model(config.root / "model/plant.json").containers

    def test_those_that_are_not_shown_are_told(self, config: ProjectConfig) -> None:
        """With their names."""
        found = pulled(config, ModelService(small_model(), containers=CONTAINERS[:1]))
        assert ["sp:Site, sp:Valve"] == [warning.rpartition(": ")[2] for warning in found.warnings]


class TestSeveral:
    """Projects with several SDKs."""

    @pytest.fixture
    def two(self, tmp_path: Path) -> ProjectConfig:
        """Two SDKs with models of their own, and one that has no remote."""
        return configure(
            tmp_path,
            "\n".join(
                f'[[pygen.sdk]]\nname = "{name}"\nmodel = "{name}.json"\n{remote}\npython = {{ output = "sdk_{name}" }}'
                for name, remote in (
                    ("a", REMOTE),
                    ("b", REMOTE.replace("Plant", "Other")),
                    ("c", ""),
                )
            ),
        )

    def test_all(self, two: ProjectConfig, service: ModelService) -> None:
        """Those with a remote; the other is a note."""
        service.models.append({**small_model(), "externalId": "Other"})
        report = pull(two, connect=service.connect)
        assert [("a",), ("b",)] == [snapshot.sdks for snapshot in report.snapshots]
        assert ("c: has no remote, so there is nothing to pull",) == report.skipped

    def test_chosen(self, two: ProjectConfig, service: ModelService) -> None:
        """Only the named one is asked for."""
        report = pull(two, names=["a"], connect=service.connect)
        assert [("a",)] == [snapshot.sdks for snapshot in report.snapshots]
        assert not (two.root / "b.json").exists()

    def test_one_that_fails_leaves_all_as_it_was(self, two: ProjectConfig, service: ModelService) -> None:
        """Nothing is written before everything is fetched."""
        service.models.append({**small_model(), "externalId": "Other"})
        pull(two, connect=service.connect)
        before = files(two.root)
        service.models[0]["description"] = "changed"
        del service.models[1]
        with pytest.raises(RemoteError, match="sp:Other"):
            pull(two, connect=service.connect)
        assert before == files(two.root)

    def test_one_snapshot_of_two(self, tmp_path: Path, service: ModelService) -> None:
        """Is fetched once; if they mean different models, it is an error."""
        text = "\n".join(
            f'[[pygen.sdk]]\nname = "{name}"\nmodel = "plant.json"\n{REMOTE}\npython = {{ output = "sdk_{name}" }}'
            for name in "ab"
        )
        config = configure(tmp_path, text)
        assert ("a", "b") == pulled(config, service).sdks
        assert 1 == len([path for path, _ in service.asked if "datamodels" in path])
        config = configure(tmp_path, text.replace("Plant", "Other", 1))
        with pytest.raises(ConfigError, match=r"a and b share plant\.json"):
            pull(config, connect=service.connect)


class TestRefused:
    """What is not pulled."""

    @pytest.mark.parametrize("file", ["pygen.toml", "pyproject.toml"])
    def test_without_a_remote(self, tmp_path: Path, service: ModelService, file: str) -> None:
        """The key is named, and what it would say of the model that is there."""
        tool = "tool." if file == "pyproject.toml" else ""
        text = f'[{tool}pygen]\nmodel = "plant.json"\n[{tool}pygen.python]\noutput = "sdk"\n'
        (tmp_path / file).write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            pull(load_config(tmp_path), connect=service.connect)
        assert (f"{tool}pygen.remote", 2) == (caught.value.key, caught.value.exit_code)
        assert 'external_id = "..."' in caught.value.hint
        (tmp_path / "plant.json").write_text(json.dumps(small_model()), encoding="utf-8")
        with pytest.raises(
            ConfigError, match=re.escape('add remote = { space = "sp", external_id = "Plant", version = "v1" }')
        ):
            pull(load_config(tmp_path), connect=service.connect)
        assert [] == service.asked

    @pytest.mark.parametrize("model", ["plant.graphql", "folder", "plant.datamodel.yaml"])
    def test_what_people_write(self, tmp_path: Path, service: ModelService, model: str) -> None:
        """Is never overwritten; drift compares it."""
        (tmp_path / "folder").mkdir()
        text = f'[pygen]\nmodel = "{model}"\n{REMOTE}\n[pygen.python]\noutput = "sdk"\n'
        for names in (None, ["default"]):
            with pytest.raises(ConfigError, match="pygen drift compares it"):
                pull(configure(tmp_path, text), names=names, connect=service.connect)
        with pytest.raises(ConfigError, match="pygen drift compares it"):
            refresh(configure(tmp_path, text), service)

    def test_what_people_write_beside_a_snapshot(self, tmp_path: Path, service: ModelService) -> None:
        """Is a note, as long as nobody names it."""
        text = "\n".join(
            f'[[pygen.sdk]]\nname = "{name}"\nmodel = "{model}"\n{REMOTE}\npython = {{ output = "sdk_{name}" }}'
            for name, model in (("a", "plant.json"), ("b", "plant.graphql"))
        )
        report = pull(configure(tmp_path, text), connect=service.connect)
        assert ["b: plant.graphql is written by people, not pulled; pygen drift compares it"] == list(report.skipped)
        with pytest.raises(ConfigError, match="written by people"):
            pull(load_config(tmp_path), names=["b"], connect=service.connect)

    def test_a_file_that_is_none_of_the_kinds(self, tmp_path: Path, service: ModelService) -> None:
        """The kinds are named."""
        text = f'[pygen]\nmodel = "plant.txt"\n{REMOTE}\n[pygen.python]\noutput = "sdk"\n'
        with pytest.raises(ConfigError, match=r"\.json, \.yaml, \.yml"):
            pull(configure(tmp_path, text), connect=service.connect)

    @pytest.mark.parametrize("text", ['{"name": "somebody\'s"}', "[]", json.dumps([small_model()] * 2)])
    def test_a_file_that_is_somebodys(self, config: ProjectConfig, service: ModelService, text: str) -> None:
        """What can be read and is no snapshot is not overwritten."""
        (config.root / "model").mkdir()
        path = config.root / "model/plant.json"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match="not overwritten"):
            pull(config, connect=service.connect)
        assert text == path.read_text(encoding="utf-8")

    @pytest.mark.parametrize(
        "text", ["", "<<<<<<< ours\n{}\n=======\n{}\n>>>>>>> theirs\n", '{"items": [{"space"', '{"a": 1, "a": 2}']
    )
    def test_a_broken_snapshot_is_repaired(self, config: ProjectConfig, service: ModelService, text: str) -> None:
        """A conflict of git, or half a file; that nobody can tell what changed is said."""
        (config.root / "model").mkdir()
        (config.root / "model/plant.json").write_text(text, encoding="utf-8")
        found = pulled(config, service)
        assert (False, True, ()) == (found.first, found.unreadable, found.changes)
        assert ["model/plant.json could not be read"] == [warning[:34] for warning in found.warnings]
        assert "sp:Plant(v1)" == read_plain_model(config.root / "model/plant.json").name

    def test_a_snapshot_that_was_none(self, config: ProjectConfig, service: ModelService) -> None:
        """Somebody edited it until it was no data model; it is replaced."""
        (config.root / "model").mkdir()
        path = config.root / "model/plant.json"
        path.write_text(json.dumps({**small_model(), "views": [5]}), encoding="utf-8")
        found = pulled(config, service)
        assert ["model/plant.json was no valid data model, so nobody can tell what changed"] == list(found.warnings)


BAD_ANSWERS = [
    httpx.Response(401, json={"error": {"code": 401, "message": "Unauthorized"}}),
    httpx.Response(429, json={"error": {"code": 429, "message": "Too many requests"}}),
    httpx.Response(503, text="<html>no</html>"),
    httpx.Response(200, text="<html>sign in</html>"),
    httpx.Response(200, json={"items": []}),
    httpx.Response(200, json={"items": [{**small_model(), "externalId": "Other"}]}),
    httpx.Response(200, json={"items": [{"space": "sp"}]}),
]


@pytest.mark.parametrize("answer", BAD_ANSWERS, ids=range(len(BAD_ANSWERS)))
def test_a_bad_answer_leaves_the_last_good_snapshot(
    config: ProjectConfig, service: ModelService, answer: httpx.Response
) -> None:
    """Exit code 3; bytes and times are as they were."""
    pulled(config, service)
    before = files(config.root)
    service.fail = answer
    with pytest.raises((DmsError, RemoteError)) as caught:
        pull(config, connect=service.connect)
    assert 3 == caught.value.exit_code
    assert before == files(config.root)


class TestWriting:
    """The disk."""

    def test_the_model_comes_last(
        self, config: ProjectConfig, service: ModelService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever dies in between has containers that the model does not know yet, and repairs it by pulling."""
        written: list[str] = []
        real = writing.write_atomically

        def noted(path: Path, content: bytes, root: Path, *, sync: bool = False) -> None:
            assert sync
            real(path, content, root, sync=sync)
            written.append(path.name)

        monkeypatch.setattr(writing, "write_atomically", noted)
        pulled(config, service)
        assert ["plant.containers.json", "plant.json"] == written

    def test_a_file_in_place_of_the_folder(self, config: ProjectConfig, service: ModelService) -> None:
        """Exit code 2, and what to do then."""
        (config.root / "model").write_text("mine", encoding="utf-8")
        with pytest.raises(OutputError, match=r"cannot make the folder: .*: model \(.*pygen pull again") as caught:
            pull(config, connect=service.connect)
        assert 2 == caught.value.exit_code
        assert "mine" == (config.root / "model").read_text(encoding="utf-8")

    def test_a_name_that_the_disk_refuses(self, tmp_path: Path, service: ModelService) -> None:
        """Is told as what cannot be written."""
        text = f'[pygen]\nmodel = "{"long" * 100}.json"\n{REMOTE}\n[pygen.python]\noutput = "sdk"\n'
        with pytest.raises(OutputError):
            pulled(configure(tmp_path, text), service)

    def test_a_disk_that_refuses(
        self, config: ProjectConfig, service: ModelService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The old snapshot stays; no temporary file does."""
        pulled(config, service)
        before = files(config.root)
        service.models[0]["description"] = "changed"

        def refuse(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "replace", refuse)
        with pytest.raises(OutputError, match=r"the disk is full: model/plant\.json \(the file is as it was"):
            pull(config, connect=service.connect)
        assert before == files(config.root)

    def test_what_a_killed_pull_left_is_removed(self, config: ProjectConfig, service: ModelService) -> None:
        """Its temporary files, and no other."""
        pulled(config, service)
        (config.root / "model/.pygen-1-a.tmp").touch()
        (config.root / "model/mine.tmp").touch()
        assert not pulled(config, service).changed
        assert {"mine.tmp", "plant.json", "plant.containers.json"} == {
            path.name for path in (config.root / "model").iterdir()
        }

    def test_nothing_to_write_needs_no_lock(self, config: ProjectConfig, service: ModelService) -> None:
        """Another writer may be at work meanwhile."""
        pulled(config, service)
        with one_writer(config.root):
            assert not pulled(config, service).changed


def refresh(config: ProjectConfig, service: ModelService) -> SnapshotChange | None:
    """What `watch --remote` does."""
    with service.connect(config) as client:
        return refresh_snapshot(config, config.sdks[0], client)


class TestRefresh:
    """The half of a pull that a watcher needs."""

    def test_tells_changes_and_nothing_else(self, config: ProjectConfig, service: ModelService) -> None:
        """None while all is as it was."""
        first = refresh(config, service)
        assert first is not None
        assert first.first
        assert None is refresh(config, service)
        service.models[0]["views"][0]["description"] = "changed"
        second = refresh(config, service)
        assert second is not None
        assert ["sp:Pump(v1)"] == [change.where for change in second.changes]

    def test_without_a_remote(self, tmp_path: Path, service: ModelService) -> None:
        """There is nothing to ask."""
        config = configure(tmp_path, '[pygen]\nmodel = "plant.json"\n[pygen.python]\noutput = "sdk"\n')
        with pytest.raises(ConfigError, match="nobody knows which data model"):
            refresh(config, service)


def test_progress_is_told(config: ProjectConfig, service: ModelService) -> None:
    """What is fetched, and how much there is."""
    told: list[tuple[str, int, int | None]] = []
    pull(config, connect=service.connect, progress=lambda *step: told.append(step))
    assert [("connecting", 0, 1), ("fetching sp:Plant(v1)", 0, 1), ("fetched", 1, 1)] == told


def test_the_environment_is_passed_on(config: ProjectConfig, service: ModelService) -> None:
    """To whoever connects."""
    pull(config, environment="dev", connect=service.connect)
    assert ["dev"] == service.environments


def test_an_empty_report() -> None:
    """Nothing changed in it."""
    assert not PullReport().changed
