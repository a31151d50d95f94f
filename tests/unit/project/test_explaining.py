"""What names of generated code and of the data model stand for."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pygen.errors import ConfigError
from pygen.generation.symbols import SymbolKind
from pygen.project.config import ProjectConfig, load_config
from pygen.project.explaining import Explanation, explain_name
from pygen.project.pipeline import generate

CONFIG = """
[tool.pygen]
model = "windfarm.json"
[tool.pygen.python]
output = "src/windfarm/sdk"
client_name = "WindfarmClient"
"""


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """The wind farm, generated; not to be changed."""
    folder = tmp_path_factory.mktemp("generated")
    shutil.copy(repository / "example_project" / "model" / "windfarm.json", folder)
    (folder / "pyproject.toml").write_text(CONFIG, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        generate(load_config(folder))
    return folder


@pytest.fixture
def config(tmp_path: Path, generated: Path) -> ProjectConfig:
    """A copy of it."""
    shutil.copytree(generated, tmp_path, dirs_exist_ok=True)
    return load_config(tmp_path)


def the_one(config: ProjectConfig, name: str) -> Explanation:
    """The only meaning of a name."""
    (found,) = explain_name(config, name)
    return found


@pytest.mark.parametrize(
    "name",
    [
        "windfarm.sdk.WindTurbine.capacity",
        "windfarm.sdk.wind_turbine.WindTurbine.capacity",
        "WindTurbine.capacity",
        "sp_windfarm:WindTurbine(v1).capacity",
        "sp_windfarm:WindTurbine.capacity",
    ],
)
def test_a_field(config: ProjectConfig, name: str) -> None:
    """However it is named: where it is declared, and what it is in the data model."""
    found = the_one(config, name)
    assert ("windfarm.sdk.WindTurbine.capacity", SymbolKind.FIELD) == (found.name, found.kind)
    assert "src/windfarm/sdk/generating_unit.py" == found.path
    assert found.line is not None
    assert "capacity: " in (config.root / found.path).read_text(encoding="utf-8").splitlines()[found.line - 1]
    assert {
        "view": "sp_windfarm:WindTurbine(v1)",
        "property": "capacity, inherited from sp_windfarm:GeneratingUnit(v1)",
        "stored in": "sp_windfarm:GeneratingUnit.capacity",
        "type": "float64 [power:megaw], may be missing",
        "read as": "WindTurbine.capacity",
        "written as": "WindTurbineWrite.capacity; may be left out",
        "filters": "capacity, min_capacity, max_capacity",
        "about": "Rated capacity.",
    } == dict(found.facts)


@pytest.mark.parametrize(
    ("name", "full", "kind"),
    [
        ("windfarm.sdk", "windfarm.sdk", SymbolKind.PACKAGE),
        ("WindTurbine", "windfarm.sdk.WindTurbine", SymbolKind.CLASS),
        ("sp_windfarm:WindTurbine(v1)", "windfarm.sdk.WindTurbine", SymbolKind.CLASS),
        ("wind_turbine", "windfarm.sdk.wind_turbine", SymbolKind.MODULE),
        ("WindTurbineWrite", "windfarm.sdk.WindTurbineWrite", SymbolKind.WRITE_CLASS),
        ("WindTurbineWrite.capacity", "windfarm.sdk.WindTurbineWrite.capacity", SymbolKind.WRITE_FIELD),
        ("WindfarmClient", "windfarm.sdk.WindfarmClient", SymbolKind.CLIENT),
        ("WindfarmClient.wind_turbine", "windfarm.sdk.WindfarmClient.wind_turbine", SymbolKind.API),
        ("AsyncWindTurbineAPI", "windfarm.sdk.AsyncWindTurbineAPI", SymbolKind.API_CLASS),
        ("min_capacity", "windfarm.sdk.GeneratingUnitFilters.min_capacity", SymbolKind.FILTER),
        ("WindTurbine.min_capacity", "windfarm.sdk.WindTurbineFilters.min_capacity", SymbolKind.FILTER),
        ("blades", "windfarm.sdk.WindTurbine.blades", SymbolKind.FIELD),
        ("nacelle_id", "windfarm.sdk.WindTurbine.nacelle_id", SymbolKind.ID_FIELD),
        ("class_", "windfarm.sdk.WindTurbine.class_", SymbolKind.FIELD),
        ("WindTurbine.hubHeight", "windfarm.sdk.WindTurbine.hub_height", SymbolKind.FIELD),
        ("hubHeight", "windfarm.sdk.WindTurbine.hub_height", SymbolKind.FIELD),
    ],
)
def test_names(config: ProjectConfig, name: str, full: str, kind: SymbolKind) -> None:
    """Whole ones and ends of them, of generated code and of the data model; the likeliest meaning is taken."""
    found = the_one(config, name)
    assert (full, kind, str(kind)) == (found.name, found.kind, found.document["kind"])
    assert found.line is not None


def test_a_data_model(config: ProjectConfig) -> None:
    """Its identifier may be that of a view as well."""
    path = config.root / "windfarm.json"
    document = json.loads(path.read_bytes())
    document["items"][0]["externalId"] = "Farms"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert SymbolKind.PACKAGE is the_one(config, "sp_windfarm:Farms(v1)").kind
    assert SymbolKind.CLASS is the_one(config, "sp_windfarm:Windfarm(v1)").kind


def test_a_filter_says_what_it_does(config: ProjectConfig) -> None:
    """Beside what the property is."""
    facts = dict(the_one(config, "WindTurbineFilters.min_hub_height").facts)
    assert "hubHeight is at least this value" == facts["means"]


def test_an_end_that_several_classes_have(config: ProjectConfig) -> None:
    """The declarations are listed, what inherits them is not."""
    assert ["windfarm.sdk.Describable.name"] == [found.name for found in explain_name(config, "name")]
    assert [
        "windfarm.sdk.GeneratingUnit.windfarm_id",
        "windfarm.sdk.Metmast.windfarm_id",
    ] == [found.name for found in explain_name(config, "windfarm_id")]


@pytest.mark.parametrize(
    ("name", "heading", "said"),
    [
        ("WorkOrder.title", "written as", "WorkOrderWrite.title; required"),
        ("WorkOrder.priority", "written as", "WorkOrderWrite.priority; may be left out: new instances get the default"),
        (
            "WorkOrder.line",
            "written as",
            "WorkOrderWrite.line; may be left out: the service numbers new instances",
        ),
        (
            "WindTurbine.serial_number",
            "written as",
            "WindTurbineWrite.serial_number; may be left out; set once, never changed",
        ),
        ("WindTurbine.work_orders", "written", "on the other side, as sp_windfarm:WorkOrder(v1).turbine"),
        (
            "WindTurbine.blades",
            "written as",
            "WindTurbineWrite.blades; as edges of type sp_windfarm:WindTurbine.blades, outwards",
        ),
        ("OpenWorkOrder.title", "written", "not through this view"),
        ("OpenWorkOrder", "written as", "nothing: no instance can be written through this view"),
        ("WindTurbine.nacelle", "leads to", "sp_windfarm:Nacelle(v1), by a direct relation"),
        ("Blade.sensors", "leads to", "any number of sp_windfarm:SensorTimeSeries(v1), by a direct relation"),
        ("Describable.name", "limits", "255 bytes at most"),
        ("WindTurbine", "stored in", "sp_windfarm:Describable, sp_windfarm:GeneratingUnit, sp_windfarm:WindTurbine"),
        ("Distance", "view", "sp_windfarm:Distance(v1); for edges"),
    ],
)  # fmt: skip
def test_facts(config: ProjectConfig, name: str, heading: str, said: str) -> None:
    """How a property is written, where it leads, what limits it."""
    assert said == dict(the_one(config, name).facts)[heading]


def test_a_document(config: ProjectConfig) -> None:
    """The same for programs, in the parts that it has."""
    document = the_one(config, "WindTurbine.capacity").document
    assert {
        "symbol": "windfarm.sdk.WindTurbine.capacity",
        "sdk": "default",
        "target": "python",
        "declaredAs": "windfarm.sdk.GeneratingUnit.capacity",
        "dataModel": "sp_windfarm:Windfarm(v1)",
        "view": "sp_windfarm:WindTurbine(v1)",
        "property": "capacity",
        "inheritedFrom": "sp_windfarm:GeneratingUnit(v1)",
        "container": "sp_windfarm:GeneratingUnit",
        "unit": "power:megaw",
        "names": {
            "read": ["WindTurbine.capacity"],
            "write": ["WindTurbineWrite.capacity"],
            "filters": [f"WindTurbineFilters.{name}" for name in ("capacity", "min_capacity", "max_capacity")],
        },
    }.items() <= document.items()
    json.dumps(dict(document))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("WindTurbine.capcity", "did you mean WindTurbine.capacity?"),
        ("windfarm.sdk.WindTurbin.capacity", "did you mean WindTurbine.capacity?"),
        ("WindTurbin", "did you mean WindTurbine or"),
        ("sp_windfarm:WindTurbine(v1).capcity", "did you mean sp_windfarm:WindTurbine(v1).capacity?"),
        ("sp_windfarm:WindTurbin(v1)", "did you mean sp_windfarm:WindTurbine(v1)"),
        ("qqqqqqqq", "pygen show lists the views and their properties"),
        ("Qqqqqqqq.x", "pygen show lists the views and their properties"),
    ],
)
def test_a_name_that_nothing_has(config: ProjectConfig, name: str, hint: str) -> None:
    """The nearest names are offered, in the form in which the name was given."""
    with pytest.raises(ConfigError) as caught:
        explain_name(config, name)
    assert (name, True) == (caught.value.key, caught.value.hint.startswith(hint))


def test_names_of_the_lock_hold(config: ProjectConfig) -> None:
    """A field keeps its name when a sibling arrives that would take it, and explain knows."""
    path = config.root / "windfarm.json"
    document = json.loads(path.read_bytes())
    turbine = next(each for each in document["items"][0]["views"] if each["externalId"] == "WindTurbine")
    turbine["properties"]["hub-height"] = turbine["properties"]["hubHeight"]
    path.write_text(json.dumps(document), encoding="utf-8")
    assert "hubHeight" == the_one(config, "WindTurbine.hub_height").document["property"]
    new = the_one(config, "WindTurbine.hub-height")
    assert ("windfarm.sdk.WindTurbine.hub_height_2", None) == (new.name, new.line)


def test_before_anything_was_generated(config: ProjectConfig) -> None:
    """The names are those that will be given; there is no line yet."""
    shutil.rmtree(config.root / "src")
    config.lock_file.unlink()
    found = the_one(config, "WindTurbine.capacity")
    assert ("windfarm.sdk.WindTurbine.capacity", None) == (found.name, found.line)


def test_no_generated_code_is_run(config: ProjectConfig) -> None:
    """A file that would fail when imported is only read."""
    file = config.root / "src/windfarm/sdk/generating_unit.py"
    file.write_text(f"raise SystemExit(9)\n{file.read_text(encoding='utf-8')}", encoding="utf-8")
    assert the_one(config, "WindTurbine.capacity").line is not None
    file.write_text("class (", encoding="utf-8")
    assert None is the_one(config, "WindTurbine.capacity").line


def test_several_sdks_all_answer(config: ProjectConfig) -> None:
    """Unless one is chosen."""
    sdk = '[[tool.pygen.sdk]]\nname = "{0}"\nmodel = "windfarm.json"\npython = {{ output = "src/{0}" }}\n'
    (config.root / "pyproject.toml").write_text(sdk.format("one") + sdk.format("two"), encoding="utf-8")
    both = load_config(config.root)
    found = explain_name(both, "WindTurbine.capacity")
    assert [("one", "one.WindTurbine.capacity"), ("two", "two.WindTurbine.capacity")] == [
        (each.sdk, each.name) for each in found
    ]
    assert ["two"] == [each.sdk for each in explain_name(both, "WindTurbine.capacity", names=["two"])]
    assert ["one"] == [each.sdk for each in explain_name(both, "one.WindTurbine")]


def test_every_name_explains_itself(config: ProjectConfig) -> None:
    """Whatever stands in the generated code for something in the model can be asked for by its full name."""
    from pygen.project.explaining import _model, _NameBook
    from pygen.project.lock import read_lock

    (sdk,) = config.sdks
    book = _NameBook(config, sdk, sdk.targets[0], read_lock(config.lock_file), _model(config, sdk))
    for symbol in book.symbols:
        names = {found.name for found in book.find(f"windfarm.sdk.{symbol.name}" if symbol.name else "windfarm.sdk")}
        assert symbol.name in names
