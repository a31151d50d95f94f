"""The names of generated Python, and where they are declared."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from pygen.generation.python.generator import PythonGenerator
from pygen.generation.python.symbols import find_line
from pygen.generation.symbols import Symbol, SymbolKind
from pygen.ir.models import IRClass
from pygen.ir.types import FloatType, JsonType
from tests.unit.generation.ir_builders import OPTIONS, direct, edge, model, reverse, value, vid, view


def symbols(*views: IRClass) -> dict[str, Symbol]:
    """Name -> symbol; those that two kinds share are left to other tests."""
    return {symbol.name: symbol for symbol in PythonGenerator(OPTIONS).symbols(model(*views), {})}


def test_names_of_a_view() -> None:
    """Its module, its classes, and the attributes of both clients."""
    found = symbols(view("PumpStation"))
    assert {
        "": SymbolKind.PACKAGE,
        "TheClient": SymbolKind.CLIENT,
        "TheClient.pump_station": SymbolKind.API,
        "AsyncTheClient": SymbolKind.CLIENT,
        "AsyncTheClient.pump_station": SymbolKind.API,
        "pump_station": SymbolKind.MODULE,
        "PumpStation": SymbolKind.CLASS,
        "PumpStationWrite": SymbolKind.WRITE_CLASS,
        "PumpStationFilters": SymbolKind.FILTERS_CLASS,
        "PumpStationAPI": SymbolKind.API_CLASS,
        "AsyncPumpStationAPI": SymbolKind.API_CLASS,
    } == {name: symbol.kind for name, symbol in found.items()}
    assert (
        Symbol("PumpStation", SymbolKind.CLASS, "pump_station.py", "PumpStation", vid("PumpStation"))
        == found["PumpStation"]
    )


def test_names_of_a_value() -> None:
    """Read, written, and filtered by."""
    found = symbols(view("Pump", value("flowRate", FloatType(64))))
    of_value = {name: symbol for name, symbol in found.items() if symbol.member == "flowRate"}
    assert {
        "Pump.flow_rate": SymbolKind.FIELD,
        "PumpWrite.flow_rate": SymbolKind.WRITE_FIELD,
        "PumpFilters.flow_rate": SymbolKind.FILTER,
        "PumpFilters.min_flow_rate": SymbolKind.FILTER,
        "PumpFilters.max_flow_rate": SymbolKind.FILTER,
    } == {name: symbol.kind for name, symbol in of_value.items()}
    assert "is at least this value" == of_value["PumpFilters.min_flow_rate"].means
    assert ("PumpFilters", "min_flow_rate") == (
        of_value["PumpFilters.min_flow_rate"].owner,
        of_value["PumpFilters.min_flow_rate"].last,
    )


@pytest.mark.parametrize(
    ("member", "names"),
    [
        (direct("valve", vid("Valve")), ["Pump.valve", "Pump.valve_id", "PumpFilters.valve", "PumpWrite.valve"]),
        (direct("valve"), ["Pump.valve_id", "PumpFilters.valve", "PumpWrite.valve"]),
        (reverse("valves", vid("Valve"), "pump"), ["Pump.valves"]),
        (edge("valves", vid("Valve")), ["Pump.valves", "PumpWrite.valves"]),
        (value("at", read_only=True), ["Pump.at", "PumpFilters.at", "PumpFilters.at_prefix"]),
        (value("data", JsonType()), ["Pump.data", "PumpWrite.data"]),
    ],
)
def test_only_names_that_are_there(member: object, names: list[str]) -> None:
    """A relation that is not stored here cannot be written, one without a target has no object behind it."""
    found = symbols(view("Pump", member), view("Valve"))  # type: ignore[arg-type]  # a member
    assert names == sorted(name for name, symbol in found.items() if symbol.member is not None)


def test_a_view_that_cannot_be_written() -> None:
    """Has no class for writing, and no fields of one."""
    found = symbols(view("Pump", value("name"), writable=False))
    assert not [name for name in found if "Write" in name]


def test_inherited_names_say_where_they_are_declared() -> None:
    """Each of the three kinds of classes by its own rule of inheritance."""
    found = symbols(view("Base", value("name")), view("Pump", value("name"), value("own"), parents=[vid("Base")]))
    for name in ("Pump.name", "PumpWrite.name", "PumpFilters.name_prefix"):
        assert (name.replace("Pump", "Base"), "base.py") == (found[name].declared, found[name].path)
    assert ("Pump.own", "pump.py") == (found["Pump.own"].declared, found["Pump.own"].path)


def test_a_name_of_the_ledger_is_kept() -> None:
    """The names are those that the lock has given."""
    ledger = {"classes": {"sp:Pump(v1)": "Machine"}, "sp:Pump(v1)": {"name": "title"}}
    found = [each.name for each in PythonGenerator(OPTIONS).symbols(model(view("Pump", value("name"))), ledger)]
    assert "Machine.title" in found


VIEWS = (
    view("Base", value("name", nullable=False), value("size", FloatType(32)), direct("next", vid("Pump"))),
    view(
        "Pump",
        value("name", nullable=False),
        value("size", FloatType(32)),
        direct("next", vid("Pump")),
        edge("valves", vid("Valve")),
        value("class"),
        parents=[vid("Base")],
    ),
    view("Valve", reverse("pumps", vid("Pump"), "next"), direct("any"), value("data", JsonType()), writable=False),
)


def test_every_name_is_where_it_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The declared name stands on a line of its file, and the name itself can be had from the package."""
    generator = PythonGenerator(OPTIONS)
    files = generator.generate(model(*VIEWS), {}).files
    package = tmp_path / "symbols_sdk"
    package.mkdir()
    for path, text in files.items():
        (package / path).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    try:
        sdk = importlib.import_module("symbols_sdk")
        for symbol in generator.symbols(model(*VIEWS), {}):
            line = generator.find_line(files[symbol.path], symbol.declared)
            assert line is not None, symbol
            assert symbol.declared.rpartition(".")[2] in files[symbol.path].splitlines()[line - 1] or not symbol.member
            if symbol.kind in (SymbolKind.FIELD, SymbolKind.ID_FIELD, SymbolKind.API):
                assert hasattr(getattr(sdk, symbol.owner), symbol.last), symbol
            elif symbol.kind is SymbolKind.WRITE_FIELD:
                assert symbol.last in getattr(sdk, symbol.owner).model_fields, symbol
            elif symbol.kind is SymbolKind.FILTER:
                known = {key for base in _lineage(sdk, symbol.owner) for key in base.__annotations__}
                assert symbol.last in known, symbol
            elif symbol.kind not in (SymbolKind.PACKAGE, SymbolKind.MODULE):
                assert hasattr(sdk, symbol.name), symbol
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "symbols_sdk"]:
            del sys.modules[name]


def _lineage(sdk: object, name: str) -> list[type]:
    """A typed dictionary and those it was made from, which Python does not keep as base classes."""
    found = [getattr(sdk, name)]
    for base in getattr(found[0], "__orig_bases__", ()):
        if isinstance(base, type) and hasattr(sdk, base.__name__):
            found += _lineage(sdk, base.__name__)
    return found


TEXT = '"""A module."""\n\nclass A(B):\n    x: int = 1\n    y = 2\n\n    def f(self) -> None: ...\n\nAlias = A\n'


@pytest.mark.parametrize(
    ("name", "line"),
    [("", 1), ("A", 3), ("A.x", 4), ("A.y", 5), ("A.f", 7), ("Alias", 9), ("A.z", None), ("C", None), ("A.x.y", None)],
)
def test_lines(name: str, line: int | None) -> None:
    """Classes, annotated and plain attributes, methods."""
    assert line == find_line(TEXT, name)


@pytest.mark.parametrize("text", ["class A(:", "\0"])
def test_what_is_no_python_has_no_lines(text: str) -> None:
    """An edited file is no reason to fail."""
    assert None is find_line(text, "A")
