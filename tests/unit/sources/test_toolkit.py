"""Folders of the toolkit, as data models."""

from __future__ import annotations

import json
import os
import shutil
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
from pygen.sources.variables import Variables

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


def test_links_are_followed_once(tmp_path: Path) -> None:
    """A folder may be linked into another one; a circle of links ends, and nothing is defined twice."""
    path = folder(tmp_path / "toolkit")
    shutil.move(path / "views", tmp_path / "elsewhere")
    (path / "views").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (path / "again").symlink_to(path, target_is_directory=True)
    (tmp_path / "elsewhere" / "up").symlink_to(tmp_path / "toolkit", target_is_directory=True)
    assert sorted(path / name for name in FILES) == list(source_files(path))
    assert 2 == len(load_raw(path)["views"])


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="whoever may read everything meets no closed door")
@pytest.mark.parametrize("name", ["views", "views/Site.view.yaml"])
def test_what_may_not_be_read(tmp_path: Path, name: str) -> None:
    """A closed folder is not an empty one."""
    path = folder(tmp_path)
    (path / name).chmod(0)
    try:
        with pytest.raises(ConfigError, match=rf"{name}: not readable: Permission denied"):
            load_raw(path)
    finally:
        (path / name).chmod(0o700)


def test_a_link_to_nothing_is_told(tmp_path: Path) -> None:
    """As a file that is missing, not as one that is not there."""
    path = folder(tmp_path)
    (path / "lost.view.yaml").symlink_to(tmp_path / "gone")
    with pytest.raises(ConfigError, match=r"lost\.view\.yaml: no such file"):
        load_raw(path)


def test_a_view_is_defined_once(tmp_path: Path) -> None:
    """Two files may say the same; two definitions of one view or container are told with both places."""
    same = FILES["views/Named.view.yaml"]
    path = folder(tmp_path, {"copies/Named.view.yaml": same})
    assert 2 == len(load_raw(path)["views"])
    other = FILES["containers/Site.container.yaml"].replace("20", "30")
    folder(path, {"copies/Named.view.yaml": same.replace("call it", "say"), "copies/Site.container.yaml": other})
    with pytest.raises(ModelError) as raised:
        load_raw(path)
    assert {
        (
            str(path / "views/Named.view.yaml"),
            "PYG003",
            f"the view sp_pumps:Named(1) is defined otherwise in {path / 'copies/Named.view.yaml'}",
        ),
        (
            str(path / "copies/Site.container.yaml"),
            "PYG003",
            f"the container sp_pumps:Site is defined otherwise in {path / 'containers/Site.container.yaml'}",
        ),
    } == {problem[:1] + problem[1:3] for problem in raised.value.problems}


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


CONFIG = """
environment: {name: dev, project: demo, validation-type: dev, selected: [modules/]}
variables:
  schema_space: sp_everywhere
  version: 0
  modules:
    version: 1_0
    pumps: {schema_space: sp_pumps}
    fans: {schema_space: sp_fans, version: 9}
    pipes: {schema_space: sp_pipes}
"""


def module(path: Path, changes: Mapping[str, str | None] = {}) -> Path:
    """The folder of pumps as a module beside another one, with its values where the toolkit looks for them."""
    folder(path / "modules" / "pumps", {"variables.json": None})
    (path / "modules" / "fans").mkdir()
    for name, text in {"config.dev.yaml": CONFIG, **changes}.items():
        if text is not None:
            (path / name).write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("named", [".", "modules", "modules/pumps", "modules/pumps/pumps.datamodel.yaml"])
def test_the_deepest_value_of_an_environment_wins(tmp_path: Path, named: str) -> None:
    """As the toolkit has it, wherever below the file with the values a model is named; other modules do not count."""
    path = module(tmp_path) / named
    model = load_raw(path)
    assert ("sp_pumps", "1_0") == (model["space"], model["version"])
    assert {("sp_pumps", "1_0")} == {(each["space"], each["version"]) for each in model["views"]}
    assert tmp_path / "config.dev.yaml" in source_files(path)


def test_environments_that_disagree_are_told(tmp_path: Path) -> None:
    """Only for values that the model uses; `variables.json` settles it, and is stronger than any environment."""
    prod = CONFIG.replace("sp_pumps", "sp_prod").replace("sp_everywhere", "sp_other")
    path = module(tmp_path, {"config.prod.yaml": prod}) / "modules"
    message = r"schema_space \}\} has several values: 'sp_pumps' in config\.dev\.yaml, 'sp_prod' in config\.prod\.yaml"
    with pytest.raises(ConfigError, match=rf"{message}.*say which one holds in .*variables\.json"):
        load_raw(path)
    (path / "variables.json").write_text('{"schema_space": "sp_settled"}', encoding="utf-8")
    assert "sp_settled" == load_raw(path)["space"]


def test_every_placeholder_without_a_value_is_told(tmp_path: Path) -> None:
    """With files and lines, and at once; those in comments are nobody's."""
    pump = FILES["views/Pump.view.yaml"].replace("name: A pump", "# {{ nobody }}\n  name: a {{ missing }}")
    path = folder(tmp_path, {"views/Pump.view.yaml": pump, "my.Space.yaml": "space: {{ gone }}"})
    with pytest.raises(ConfigError) as raised:
        load_raw(path)
    assert f"{path}: {{{{ gone }}}} has no value (my.Space.yaml line 1); " in str(raised.value)
    assert "{{ missing }} has no value (views/Pump.view.yaml line 6) (give it one in " in str(raised.value)
    assert "nobody" not in str(raised.value)
    folder(path, {"views/Pump.view.yaml": pump, "my.Space.yaml": "space: sp_pumps"})
    with pytest.raises(ConfigError, match=r"Pump\.view\.yaml: \{\{ missing \}\} has no value \(line 6\)"):
        load_raw(path)


@pytest.mark.parametrize(
    ("written", "value", "expected"),
    [
        ("{{ x }}", "1", 1),
        ('"{{ x }}"', "1", 1),
        ("'{{x}}'", "true", True),
        ("{{ x }}", '"1"', "1"),
        ('"{{ x }}"', '"1"', "1"),
        ("{{ x }} # a remark", "'on: off'", "on: off"),
        ('"{{ x }}"', "a b", "a b"),
        ("{{ x }}", "word", "word"),
        ("a{{ x }}b", "1", "a1b"),
        ('"a {{ x }}:{{ x }}"', "'1'", "a 1:1"),
        ("[{{ x }}, '{{ x }}', a{{ x }}]", "'1'", ["1", "1", "a1"]),
        ("{k: {{ x }}}", "'null'", {"k": "null"}),
        ("one, {{ x }}", "'1'", "one, 1"),
        ("\n    - {{ x }}", "'1'", ["1"]),
        ("{{ x }}", "[a, 1, '1']", ["a", 1, "1"]),
        ("{{ x }}", "null", None),
        ("{{ x }}", "2024-01-01", "2024-01-01"),
        ("{{ x }}", "1.10", 1.1),
        ('|-\n  it\'s "{{ x }}"', "'a: b'", 'it\'s "a: b"'),
        ("{{ x }}", '"]} # &a *b"', "]} # &a *b"),
        ("a # {{ nobody }}", "1", "a"),
        ("v{{ x }}", "1.10", "v1.10"),
    ],
)
def test_values_keep_their_kind(tmp_path: Path, written: str, value: str, expected: object) -> None:
    """What was quoted stays text, and a number between quotes of its own is a number, as the toolkit has it."""
    (tmp_path / "default.config.yaml").write_text(f"x: {value}\n", encoding="utf-8")
    file = tmp_path / "my.view.yaml"
    file.write_text(f"defaultValue: {written}\n", encoding="utf-8")
    assert {"defaultValue": expected} == Variables.of(tmp_path, source_files(tmp_path)).read(file)


def test_a_text_of_private_characters_is_refused(tmp_path: Path) -> None:
    """Two of them stand in for placeholders."""
    text = "a: {{ x }}\nb: '" + "".join(map(chr, range(0xE000, 0xE100))) + "'\n"
    (tmp_path / "a.view.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="every character that is free for private use"):
        Variables.of(tmp_path, []).read(tmp_path / "a.view.yaml")


def test_names_in_variables_stay_inside(tmp_path: Path) -> None:
    """A group called `..` is a group, not the folder above."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "default.config.yaml").write_text("..: {x: 1}\n/: {y: 2}\n", encoding="utf-8")
    for name, expected in (("sub/a.view.yaml", True), ("b.view.yaml", False)):
        file = tmp_path / name
        file.write_text("a: {{ x }}{{ y }}\n", encoding="utf-8")
        try:
            found = Variables.of(tmp_path, source_files(tmp_path)).read(file)
        except ConfigError:
            found = None
        assert (name, expected) == (name, found == {"a": 12})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"variables.json": "[]"}, "variables.json: holds no values by name"),
        ({"config.dev.yaml": "variables: 1"}, "config.dev.yaml: `variables` holds no values by name"),
        ({"my.Space.yaml": "space: {{ a b }}"}, "my.Space.yaml: not valid YAML|a key must be text"),
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
    assert ["Pump"] == [each["externalId"] for each in load_raw_containers(path)], "Base is not known in full"
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


# --- schemas in GraphQL ---

SCHEMAS = {
    "fans.GraphQLSchema.yaml": """
space: {{ schema_space }}
externalId: Fans
version: '3_0'
name: All fans
dml: fans.graphql
""",
    "fans.graphql": """
interface Named @import(dataModel: {space: "sp_base", externalId: "Base", version: "v1"}) { code: Int! }
type Fan implements Named { code: Int! blades: Int "In {{ schema_space }}" space: String }
""",
    "base.datamodel.json": json.dumps(
        {
            "space": "sp_base",
            "externalId": "Base",
            "version": "v1",
            "views": [{**READ_NAMED, "externalId": "Named", "version": "v7"}],
        }
    ),
    "variables.json": '{"schema_space": "sp_fans"}',
}


def schemas(path: Path, changes: Mapping[str, str | None] = {}) -> Path:
    """A folder with a schema, with some of its files changed, added, or (None) not there."""
    for name, text in {**SCHEMAS, **changes}.items():
        if text is not None:
            (path / name).write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("named", ["", "fans.GraphQLSchema.yaml"])
def test_a_data_model_may_be_a_schema(tmp_path: Path, named: str) -> None:
    """Placeholders are filled in, and what it imports is as it is known from elsewhere in the folder."""
    path = schemas(tmp_path)
    assert sorted(path / name for name in SCHEMAS) == list(source_files(path / named))
    model = load_raw(path / named)
    assert ("sp_fans", "Fans", "3_0", "All fans") == tuple(
        model[key] for key in ("space", "externalId", "version", "name")
    )
    assert [("sp_base", "Named", "v7"), ("sp_fans", "Fan", "3_0")] == [
        (each["space"], each["externalId"], each["version"]) for each in model["views"]
    ]
    fan = view(model, "Fan")
    assert "v7" == fan["implements"][0]["version"]
    assert ("Base", "In sp_fans") == (
        fan["properties"]["code"]["container"]["externalId"],
        fan["properties"]["space"]["description"],
    )
    assert ["Fan"] == [each["externalId"] for each in load_raw_containers(path)]


def test_a_data_model_in_yaml_may_use_the_views_of_a_schema(tmp_path: Path) -> None:
    """The file that is named decides which data model is meant; schemas still define their views."""
    fan = "{type: view, space: sp_fans, externalId: Fan, version: '3_0'}"
    text = f"{{space: s, externalId: All, version: v1, views: [{fan}]}}"
    path = schemas(tmp_path, {"all.datamodel.yaml": text})
    assert ["All", "Fans"] == [each.body["externalId"] for each in read_folder(path).data_models]
    model = load_raw(path / "all.datamodel.yaml")
    assert ("All", ["Fan"]) == (model["externalId"], [each["externalId"] for each in model["views"]])


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"fans.graphql": None}, ConfigError, "the schema 'fans.graphql', which is no GraphQL file of the folder"),
        (
            {"fans.GraphQLSchema.yaml": "{space: s, version: 1, dml: [1]}"},
            ModelError,
            "(?s)dml: .*should be text.*externalId: .*is missing",
        ),
        (
            {"fans.GraphQLSchema.yaml": "{space: s, externalId: F, version: 1, dml: ../x.graphql}"},
            ConfigError,
            "no GraphQL file of the folder",
        ),
        ({"fans.graphql": "type Fan {"}, ConfigError, r"fans\.graphql: not valid GraphQL"),
        ({"fans.graphql": "type Fan { a: B }"}, ModelError, r"fans\.graphql: line 1, column 12"),
    ],
)
def test_what_is_wrong_with_a_schema(
    tmp_path: Path, changes: dict[str, str | None], error: type[Exception], message: str
) -> None:
    """The file is told, the one in YAML or the one in GraphQL."""
    with pytest.raises(error, match=message):
        load_raw(schemas(tmp_path, changes))


def test_graphql_files_that_no_file_names_are_not_looked_at(tmp_path: Path) -> None:
    """A query that lies about changes nothing."""
    assert "query.graphql" not in {file.name for file in source_files(folder(tmp_path, {"query.graphql": "{ a }"}))}


# --- containers that nobody defines ---


def test_what_containers_are_used_for_follows_from_all_views(tmp_path: Path) -> None:
    """A container that views of nodes and views of edges share is for both, whichever view comes first."""

    def based(name: str, used_for: str, containers: list[str]) -> Json:
        return {
            **READ_NAMED,
            "externalId": name,
            "usedFor": used_for,
            "properties": {
                each.lower(): {
                    **READ_NAMED["properties"]["code"],
                    "nullable": True,
                    "container": {"type": "container", "space": "sp_base", "externalId": each},
                }
                for each in containers
            },
        }

    views = [based("A", "node", ["Shared", "Node"]), based("B", "edge", ["Shared", "Edge"])]
    base = {"space": "sp_base", "externalId": "Base", "version": "v1", "views": views}
    own = """
- {space: s, externalId: N, version: v1, implements: [{type: view, space: sp_base, externalId: A, version: v1}]}
- {space: s, externalId: E, version: v1, implements: [{type: view, space: sp_base, externalId: B, version: v1}]}
- space: s
  externalId: S
  version: v1
  properties: {x: {container: {type: container, space: sp_base, externalId: Shared}, containerPropertyIdentifier: code}}
"""
    model = (
        "{space: s, externalId: M, version: v1, views: ["
        + ", ".join(f"{{type: view, space: s, externalId: {name}, version: v1}}" for name in "NES")
        + "]}"
    )
    for name, text in (("b.datamodel.json", json.dumps(base)), ("o.view.yaml", own), ("m.datamodel.yaml", model)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert ["node", "edge", "all"] == [each["usedFor"] for each in load_raw(tmp_path)["views"]]
