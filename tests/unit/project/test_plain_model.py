"""A data model as plain dicts, and what a snapshot of it looks like."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pygen.errors import ConfigError, ModelError
from pygen.project.plain_model import (
    PlainModel,
    mapped_containers,
    normalised,
    read_plain_model,
    snapshot_bytes,
    snapshot_text,
)
from tests.unit.project.conftest import small_model, text_property, view


def container(name: str, **more: Any) -> dict[str, Any]:
    """A container with the noise of the service."""
    return {
        "space": "sp",
        "externalId": name,
        "usedFor": "node",
        "isGlobal": False,
        "createdTime": 1,
        "lastUpdatedTime": 2,
        "properties": {"name": {"type": {"type": "text"}, "constraintState": {"nullability": "current"}}},
        "constraints": {"unique": {"constraintType": "uniqueness", "properties": ["name"], "state": "current"}},
        "indexes": {"by_name": {"indexType": "btree", "properties": ["name"], "state": "pending"}},
        **more,
    }


class TestNormalised:
    """What a snapshot leaves out, and in which order the rest stands."""

    def test_times_and_states_go(self) -> None:
        """When something was written, and whether data met a constraint, is no part of the model."""
        raw = small_model()
        raw["views"][0]["properties"]["name"]["constraintState"] = {"nullability": "current"}
        found = normalised(PlainModel(raw, [container("Pump")]))
        text = snapshot_text([found.raw, *(found.containers or ())])
        for noise in ("createdTime", "lastUpdatedTime", "constraintState", '"state"', '"isGlobal"'):
            assert noise not in text

    def test_a_global_view_is_said_to_be_one(self) -> None:
        """Only `isGlobal: false` goes without saying."""
        raw = {**small_model(), "views": [view("Pump", {}, isGlobal=True)]}
        assert True is normalised(PlainModel(raw)).raw["views"][0]["isGlobal"]

    def test_lists_without_an_order_are_sorted(self) -> None:
        """Views, mapped containers and containers."""
        mapped = [{"type": "container", "space": "sp", "externalId": name} for name in ("B", "A")]
        raw = {**small_model(), "views": [view("Z", {}, mappedContainers=mapped), view("A", {})]}
        found = normalised(PlainModel(raw, [container("D"), container("C")]))
        assert ["A", "Z"] == [each["externalId"] for each in found.raw["views"]]
        assert ["A", "B"] == [each["externalId"] for each in found.raw["views"][1]["mappedContainers"]]
        assert ["C", "D"] == [each["externalId"] for each in found.containers or ()]

    def test_an_order_that_means_something_is_kept(self) -> None:
        """Parents, and the properties of an index."""
        parents = [{"type": "view", "space": "sp", "externalId": name, "version": "v1"} for name in ("B", "A")]
        raw = {**small_model(), "views": [view("Pump", {}, implements=parents)]}
        index = {"two": {"indexType": "btree", "properties": ["z", "a"]}}
        found = normalised(PlainModel(raw, [container("Pump", indexes=index)]))
        assert parents == found.raw["views"][0]["implements"]
        assert index == (found.containers or [])[0]["indexes"]

    def test_what_nobody_knows_stays(self) -> None:
        """A field of a later API is part of the snapshot, wherever it stands."""
        raw = small_model()
        raw["novelty"] = {"b": [2, 1]}
        raw["views"][2]["novelty"] = "v"
        raw["views"][2]["properties"]["name"]["novelty"] = "p"
        found = normalised(PlainModel(raw)).raw
        site = next(each for each in found["views"] if each["externalId"] == "Site")
        assert ({"b": [2, 1]}, "v", "p") == (
            found["novelty"],
            site["novelty"],
            site["properties"]["name"]["novelty"],
        )

    def test_twice_is_once(self) -> None:
        """What is normalised stays as it is."""
        once = normalised(PlainModel(small_model(), [container("Pump")]))
        assert once == normalised(once)

    def test_a_view_that_is_only_named_gets_no_properties(self) -> None:
        """It must not look as if it were defined, and had none."""
        named = {"type": "view", "space": "sp", "externalId": "Elsewhere", "version": "v1"}
        assert [named] == normalised(PlainModel({**small_model(), "views": [named]})).raw["views"]

    def test_unknown_containers_are_not_the_same_as_none(self) -> None:
        """None stays None, and an empty list an empty list."""
        assert None is normalised(PlainModel(small_model())).containers
        assert [] == normalised(PlainModel(small_model(), [])).containers


class TestSnapshot:
    """The bytes of a file."""

    def test_json(self) -> None:
        """Sorted keys, two blanks, other scripts as they are, a line feed at the end."""
        assert '{\n  "items": [\n    {\n      "a": "ø",\n      "b": 1\n    }\n  ]\n}\n' == snapshot_text(
            [{"b": 1, "a": "ø"}]
        )

    @pytest.mark.parametrize("name", ["model.json", "model.yaml", "model.yml"])
    def test_is_read_as_what_was_written(self, tmp_path: Path, name: str) -> None:
        """Whatever the suffix says."""
        if not name.endswith(".json"):
            pytest.importorskip("yaml")
        raw = {**small_model(), "description": 'no\n"yes" # 1: {é} \u2028', "novelty": [1, 1.5e-7, None, "1e5", "null"]}
        path = tmp_path / name
        path.write_bytes(snapshot_bytes([raw], path))
        assert raw == read_plain_model(path).raw

    def test_the_example_is_what_a_pull_writes(self, repository: Path) -> None:
        """Its snapshot is normalised, and laid out as a pull lays it out."""
        path = repository / "example_project" / "model" / "windfarm.json"
        assert path.read_bytes() == snapshot_bytes([normalised(read_plain_model(path)).raw], path)


class TestRead:
    """Models from the disk."""

    def test_with_the_containers_beside_it(self, tmp_path: Path) -> None:
        """Where there is such a file; else they are not known."""
        path = tmp_path / "plant.json"
        path.write_text(json.dumps(small_model()), encoding="utf-8")
        assert None is read_plain_model(path).containers
        (tmp_path / "plant.containers.json").write_text(json.dumps([container("Pump")]), encoding="utf-8")
        assert ["Pump"] == [each["externalId"] for each in read_plain_model(path).containers or ()]
        assert "sp:Plant(v1)" == read_plain_model(path).name

    @pytest.mark.parametrize("wrong", [{"views": 5}, {"space": 1}])
    def test_what_is_no_data_model_is_refused(self, tmp_path: Path, wrong: dict[str, Any]) -> None:
        """So that whoever compares models need not look."""
        path = tmp_path / "plant.json"
        path.write_text(json.dumps({**small_model(), **wrong}), encoding="utf-8")
        with pytest.raises(ModelError, match=r"plant\.json"):
            read_plain_model(path)

    def test_what_is_no_container_is_refused(self, tmp_path: Path) -> None:
        """The file beside the model is looked at, too."""
        path = tmp_path / "plant.json"
        path.write_text(json.dumps(small_model()), encoding="utf-8")
        (tmp_path / "plant.containers.json").write_text('[{"space": "sp"}]', encoding="utf-8")
        with pytest.raises(ModelError, match="containers"):
            read_plain_model(path)

    def test_a_missing_file(self, tmp_path: Path) -> None:
        """Is an error of the configuration."""
        with pytest.raises(ConfigError, match="no such file"):
            read_plain_model(tmp_path / "plant.json")

    def test_a_toolkit_folder_knows_only_the_containers_that_it_defines(self, shared: Path) -> None:
        """Of the core model, on which it builds, it knows what views say, which is not all there is."""
        pytest.importorskip("yaml")
        folder = shared / "models" / "toolkit" / "omni"
        found = read_plain_model(folder / "omni.datamodel.yaml")
        defined = {(each["space"], each["externalId"]) for each in found.containers or ()}
        assert defined <= mapped_containers(found.raw)
        assert defined


def test_mapped_containers() -> None:
    """Those of properties, and those that a view names besides."""
    extra = {"type": "container", "space": "sp", "externalId": "Extra"}
    raw = {"views": [view("Pump", {"name": text_property("Base", "name")}, mappedContainers=[extra])]}
    assert {("sp", "Base"), ("sp", "Extra")} == mapped_containers(raw)
