"""Folders of the toolkit, as data models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pygen.client.models.view import View
from pygen.errors import ConfigError, ModelError
from pygen.ir import build_model
from pygen.sources import load_containers, load_data_model, load_raw, load_raw_containers, source_files
from pygen.sources.toolkit import load_toolkit, read_folder
from pygen.sources.toolkit_files import kind_of

Json = dict[str, Any]

FILES = {
    "my.Space.yaml": "space: {{ schema_space }}\n",
    "containers/Pump.container.yaml": """
space: {{ schema_space }}
externalId: Pump
usedFor: node
properties:
  tag: {type: {type: text}, nullable: false, name: "of the container"}
  pressure: {type: {type: float64, unit: {externalId: "pressure:bar"}}}
  counts: {type: {type: int32, list: true}, defaultValue: 1, immutable: true}
  site: {type: {type: direct}}
""",
    "containers/Site.container.yaml": """
space: {{schema_space}}
externalId: Site
properties:
  name: {type: {type: text, maxTextSize: 20}}
""",
    "views/Named.view.yaml": """
space: {{ schema_space }}
externalId: Named
version: {{ version }}
properties:
  name:
    container: {type: container, space: "{{ schema_space }}", externalId: Site}
    containerPropertyIdentifier: name
    description: What people call it
""",
    "views/Site.view.yaml": """
space: {{ schema_space }}
externalId: Site
version: {{ version }}
implements: [{type: view, space: "{{ schema_space }}", externalId: Named, version: "{{ version }}"}]
properties:
  pumps:
    connectionType: multi_reverse_direct_relation
    source: {type: view, space: "{{ schema_space }}", externalId: Pump, version: "{{ version }}"}
    through:
      source: {type: view, space: "{{ schema_space }}", externalId: Pump, version: "{{ version }}"}
      identifier: site
""",
    "views/Pump.view.yaml": """
- space: {{ schema_space }}
  externalId: Pump
  version: {{ version }}
  name: A pump
  filter: {hasData: [{type: container, space: "{{ schema_space }}", externalId: Pump}]}
  properties:
    tag:
      container: {type: container, space: "{{ schema_space }}", externalId: Pump}
      containerPropertyIdentifier: tag
    site:
      container: {type: container, space: "{{ schema_space }}", externalId: Pump}
      containerPropertyIdentifier: site
      source: {type: view, space: "{{ schema_space }}", externalId: Site, version: "{{ version }}"}
    links:
      type: {space: "{{ schema_space }}", externalId: Pump.links}
      source: {type: view, space: "{{ schema_space }}", externalId: Pump, version: "{{ version }}"}
      edgeSource: {type: view, space: "{{ schema_space }}", externalId: Named, version: "{{ version }}"}
""",
    "pumps.datamodel.yaml": """
space: {{ schema_space }}
externalId: Pumps
version: {{ version }}
name: All pumps
views:
- {type: view, space: "{{ schema_space }}", externalId: Pump, version: "{{ version }}"}
- {type: view, space: "{{ schema_space }}", externalId: Site, version: "{{ version }}"}
""",
    "variables.json": '{"schema_space": "sp_pumps", "version": 1}',
}
READ_NAMED: Json = {
    "space": "sp_base",
    "externalId": "Based",
    "version": "v1",
    "properties": {
        "code": {
            "container": {"type": "container", "space": "sp_base", "externalId": "Base"},
            "containerPropertyIdentifier": "code",
            "type": {"type": "int32", "list": False},
            "nullable": False,
        }
    },
}


def folder(path: Path, changes: Mapping[str, str | None] = {}) -> Path:
    """The folder of pumps, with some of its files changed, added, or (None) not there."""
    for name, text in {**FILES, **changes}.items():
        if text is not None:
            file = path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    return path


def view(model: Json, name: str) -> Json:
    """One of the views."""
    found: Json = next(each for each in model["views"] if each["externalId"] == name)
    return found


def test_a_folder_reads_as_the_api_answers_it(tmp_path: Path) -> None:
    """Views show what containers say of their properties, what is the case where nothing is said, and what follows."""
    model = load_raw(folder(tmp_path))
    assert ("sp_pumps", "Pumps", "1", "All pumps") == tuple(
        model[key] for key in ("space", "externalId", "version", "name")
    )
    pump = view(model, "Pump")
    assert ["tag", "site", "links"] == list(pump["properties"])
    reference = {"type": "container", "space": "sp_pumps", "externalId": "Pump"}
    assert {
        "container": reference,
        "containerPropertyIdentifier": "tag",
        "type": {"type": "text", "list": False, "collation": "ucs_basic"},
        "nullable": False,
        "immutable": False,
        "autoIncrement": False,
    } == pump["properties"]["tag"]
    site = {"type": "view", "space": "sp_pumps", "externalId": "Site", "version": "1"}
    assert {"type": "direct", "list": False, "source": site} == pump["properties"]["site"]["type"]
    links = pump["properties"]["links"]
    assert ("multi_edge_connection", "outwards") == (links["connectionType"], links["direction"])
    assert "Named" == links["edgeSource"]["externalId"]
    assert ("A pump", [], True, True, "node", [reference]) == tuple(
        pump[key] for key in ("name", "implements", "writable", "queryable", "usedFor", "mappedContainers")
    )
    assert {"hasData": [reference]} == pump["filter"]


def test_what_is_implemented_is_inherited(tmp_path: Path) -> None:
    """Properties of parents are shown, though the parent is no part of the data model; the order decides."""
    other = FILES["views/Named.view.yaml"].replace("Named", "Other").replace("What people call it", "Later")
    parents = """
- {type: view, space: sp_pumps, externalId: Named, version: "1"}
- {type: view, space: sp_pumps, externalId: Other, version: "1"}
"""
    site = FILES["views/Site.view.yaml"].replace(
        '[{type: view, space: "{{ schema_space }}", externalId: Named, version: "{{ version }}"}]', parents
    )
    model = load_raw(folder(tmp_path, {"views/Site.view.yaml": site, "views/Other.view.yaml": other}))
    assert ["pumps", "name"] == list(view(model, "Site")["properties"])
    assert "What people call it" == view(model, "Site")["properties"]["name"]["description"]
    assert [("Named", "1"), ("Other", "1")] == [
        (parent["externalId"], parent["version"]) for parent in view(model, "Site")["implements"]
    ]
    assert ["Pump", "Site"] == [each["externalId"] for each in model["views"]]


@pytest.mark.parametrize("is_list", [False, True])
@pytest.mark.parametrize("through", ["view", "container"])
def test_reverse_relations_know_whether_they_come_from_a_list(tmp_path: Path, is_list: bool, through: str) -> None:
    """`targetsList` is what the direct relation says, be it named through a view or through its container."""
    container = FILES["containers/Pump.container.yaml"].replace("{type: direct}", f"{{type: direct, list: {is_list}}}")
    changes = {"containers/Pump.container.yaml": container}
    if through == "container":
        changes["views/Site.view.yaml"] = FILES["views/Site.view.yaml"].replace(
            """      source: {type: view, space: "{{ schema_space }}", externalId: Pump, version: "{{ version }}"}""",
            """      source: {space: "{{ schema_space }}", externalId: Pump}""",
        )
    pumps = view(load_raw(folder(tmp_path, changes)), "Site")["properties"]["pumps"]
    assert (is_list, through) == (pumps["targetsList"], pumps["through"]["source"]["type"])


def test_a_view_that_lacks_what_must_be_given_is_not_writable(tmp_path: Path) -> None:
    """A property that is required and has no default must be shown for instances to be made through a view."""
    pump = FILES["views/Pump.view.yaml"].replace(
        "containerPropertyIdentifier: tag", "containerPropertyIdentifier: site"
    )
    assert view(load_raw(folder(tmp_path, {"views/Pump.view.yaml": pump})), "Pump")["writable"] is False


def test_containers_come_along(tmp_path: Path) -> None:
    """The containers behind the data model are read beside it, and the model is fit for the IR."""
    path = folder(tmp_path)
    assert ["Pump", "Site"] == [each["externalId"] for each in load_raw_containers(path)]
    model, problems = build_model(load_data_model(path), containers=load_containers(path))
    assert (2, ["PYG109", "PYG202"]) == (len(model.classes), [problem.code for problem in problems])


def test_files_are_told_by_their_names(tmp_path: Path) -> None:
    """Whatever the folders are called; hidden ones, instances and everything else are not looked at."""
    others = {".hidden/x.view.yaml": ":", "a.node.yaml": ":", "notes.yaml": ":", "README.md": "", "b.edge.yml": ":"}
    path = folder(tmp_path, others)
    assert sorted(path / name for name in FILES) == list(source_files(path))
    kinds = {"x.VIEW.yml": "view", "Space.yaml": "space", "my.node.yaml": "node", "view.txt": None, "review.yaml": None}
    assert kinds == {name: kind_of(Path(name)) for name in kinds}


# --- placeholders ---


def test_values_of_placeholders_come_from_the_nearest_folder(tmp_path: Path) -> None:
    """The toolkit's own file of defaults is read, too, with its values grouped or not."""
    changes = {
        "variables.json": '{"schema_space": "sp_pumps"}',
        "default.config.yaml": "modules:\n  version: far\n",
        "views/default.config.yaml": "version: near\n",
        "pumps.datamodel.yaml": FILES["pumps.datamodel.yaml"].replace('version: "{{ version }}"', "version: near"),
    }
    model = load_raw(folder(tmp_path, changes))
    assert ("far", {"near"}) == (model["version"], {each["version"] for each in model["views"]})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"variables.json": "{}"}, r"\{\{ schema_space \}\} has no value \(line 2\)"),
        ({"variables.json": "[]"}, "variables.json: holds no values by name"),
        ({"variables.json": "{"}, "variables.json: not valid JSON"),
        ({"views/Site.view.yaml": "a: ["}, "Site.view.yaml: not valid YAML"),
        ({"views/Site.view.yaml": "1"}, "Site.view.yaml: holds neither an object"),
        ({"pumps.datamodel.yaml": None}, r"is a folder, but holds no data model \(\*\.datamodel\.yaml\)"),
        ({"pumps.datamodel.yaml": "[]"}, "holds no data model"),
        (
            {"other.DataModel.yml": "{space: s, externalId: Other, version: v1}"},
            r"holds 2 data models: s:Other\(v1\), sp_pumps:Pumps\(1\) \(name the file of one of them",
        ),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, changes: dict[str, str | None], message: str) -> None:
    """The file is told, and the line or what to do."""
    with pytest.raises(ConfigError, match=message):
        load_raw(folder(tmp_path, changes))


# --- one of several, and what is built upon ---


def test_one_of_several_data_models_is_named_by_its_file(tmp_path: Path) -> None:
    """The other data models are left out, and no change to them makes code stale."""
    path = folder(tmp_path, {"other.datamodel.yaml": "{space: s, externalId: Other, version: v1}"})
    named = path / "pumps.datamodel.yaml"
    assert "Pumps" == load_raw(named)["externalId"]
    assert path / "other.datamodel.yaml" not in source_files(named)
    assert ["Other", "Pumps"] == [each.body["externalId"] for each in read_folder(path).data_models]
    with pytest.raises(ConfigError, match="no such file"):
        load_toolkit(path / "third.datamodel.yaml")


def test_views_may_be_written_out_in_the_data_model(tmp_path: Path) -> None:
    """As the API takes them."""
    text = """
space: sp_pumps
externalId: Pumps
version: v1
views:
- space: sp_pumps
  externalId: Inline
  version: v1
  properties:
    name: {container: {space: sp_pumps, externalId: Site, type: container}, containerPropertyIdentifier: name}
"""
    model = load_raw(folder(tmp_path, {"pumps.datamodel.yaml": text}))
    assert [("Inline", ["name"])] == [(each["externalId"], list(each["properties"])) for each in model["views"]]


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        (
            "pumps.datamodel.yaml",
            FILES["pumps.datamodel.yaml"].replace("externalId: Site", "externalId: Gone"),
            "views",
        ),
        (
            "views/Site.view.yaml",
            FILES["views/Site.view.yaml"].replace("externalId: Named", "externalId: Gone"),
            "impl",
        ),
    ],
)
def test_views_that_nobody_defines_are_named(tmp_path: Path, name: str, text: str, where: str) -> None:
    """Nobody knows what they hold, or what is inherited from them: that is an error, not a gap."""
    with pytest.raises(ModelError, match=rf"{where}.*PYG002: sp_pumps:Gone\(1\) is named, but not defined"):
        load_raw(folder(tmp_path, {name: text}))


def test_what_a_folder_builds_upon_may_lie_in_it_in_read_form(tmp_path: Path) -> None:
    """Views in read form are inherited from, belong to the model if it names them, and tell of their containers."""
    base = {"space": "sp_base", "externalId": "Base", "version": "v1", "views": [READ_NAMED]}
    site = FILES["views/Site.view.yaml"].replace(
        '{type: view, space: "{{ schema_space }}", externalId: Named, version: "{{ version }}"}',
        "{type: view, space: sp_base, externalId: Based, version: v1}",
    )
    site += """
  mine:
    container: {type: container, space: sp_base, externalId: Base}
    containerPropertyIdentifier: code
"""
    model_file = FILES["pumps.datamodel.yaml"] + "- {type: view, space: sp_base, externalId: Based, version: v1}\n"
    path = folder(
        tmp_path,
        {
            "base.datamodel.json": json.dumps(base),
            "views/Site.view.yaml": site,
            "pumps.datamodel.yaml": model_file,
        },
    )
    model = load_raw(path)
    properties = view(model, "Site")["properties"]
    assert ("int32", "int32") == (properties["code"]["type"]["type"], properties["mine"]["type"]["type"])
    assert READ_NAMED["properties"] == view(model, "Based")["properties"]
    assert ["Pump", "Base"] == [each["externalId"] for each in load_raw_containers(path)]
    assert path / "base.datamodel.json" in source_files(path)


def test_a_wrong_shape_is_told_with_its_place(tmp_path: Path) -> None:
    """Every place of a file, in the words of other model files."""
    with pytest.raises(ModelError, match=r"Site\.view\.yaml: version: error PYG008: is missing .*as the toolkit"):
        load_raw(folder(tmp_path, {"views/Site.view.yaml": "{space: s, externalId: Site}"}))


def test_views_that_implement_each_other_end_somewhere(tmp_path: Path) -> None:
    """Reading does not go round in circles; whoever looks at the model says that it does."""
    named = FILES["views/Named.view.yaml"] + (
        'implements: [{type: view, space: "{{ schema_space }}", externalId: Site, version: "{{ version }}"}]\n'
    )
    model = load_raw(folder(tmp_path, {"views/Named.view.yaml": named}))
    assert {"pumps", "name"} == set(view(model, "Site")["properties"])


# --- real ones ---

SAID_BY_SERVICE = {"createdTime", "lastUpdatedTime", "isGlobal", "constraintState"}


def comparable(found: Any) -> Any:
    """A part of a model without what only a service knows, and without empty lists, which old answers leave out."""
    if isinstance(found, dict):
        kept = {key: comparable(value) for key, value in found.items() if key not in SAID_BY_SERVICE and value != []}
        return {key: value for key, value in kept.items() if (key, value) != ("list", False)}
    return [comparable(each) for each in found] if isinstance(found, list) else found


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("omni/omni.datamodel.yaml", "omni"),
        ("power_ops/all_PowerOps.datamodel.yaml", "power_ops"),
        ("power_ops/frontend_Asset.datamodel.yaml", "power_ops_asset"),
    ],
)
def test_real_folders_read_as_the_api_answered(shared: Path, path: str, name: str) -> None:
    """A model that was published from a folder, and then read from the API, is the same as the folder."""
    expected = load_raw(shared / "models" / f"{name}.json")
    found = load_raw(shared / "models" / "toolkit" / path)
    by_name = {each["externalId"]: comparable(each) for each in expected["views"]}
    for each in found["views"]:
        view_form = comparable(each)
        for form in (view_form, by_name[each["externalId"]]):
            form["mappedContainers"] = sorted(form.get("mappedContainers", ()), key=str)
        assert by_name[each["externalId"]] == view_form
    assert len(by_name) == len(found["views"])


@pytest.mark.parametrize("name", ["isa_manufacturing", "rmdm"])
def test_real_folders_over_the_system_model(shared: Path, tmp_path: Path, name: str) -> None:
    """With the system's data model in read form beside them, extensions of it are whole."""
    system = {"items": [load_raw(shared / "models" / "cognite_core.json")]}
    idm = [view for view in load_raw(shared / "models" / "rmdm.json")["views"] if view["space"] == "cdf_idm"]
    system["items"][0]["views"] += idm
    for file in source_files(shared / "models" / "toolkit" / name):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "system.datamodel.json").write_text(json.dumps(system), encoding="utf-8")
    model = load_data_model(tmp_path)
    expected = load_data_model(shared / "models" / f"{name}.json")
    assert all(isinstance(each, View) for each in model.views)
    assert {each.external_id for each in expected.views} == {each.external_id for each in model.views}
