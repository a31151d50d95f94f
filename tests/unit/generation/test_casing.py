"""Casing."""

from __future__ import annotations

import pytest

from pygen.generation.casing import pascal_case, snake_case


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WindTurbine", "wind_turbine"),
        ("windTurbine", "wind_turbine"),
        ("wind_turbine", "wind_turbine"),
        ("Cognite3DModel", "cognite_3d_model"),
        ("Cognite360Image", "cognite_360_image"),
        ("CogniteCADModel", "cognite_cad_model"),
        ("object3D", "object_3d"),
        ("pump2", "pump2"),
        ("flowRate2", "flow_rate2"),
        ("H2S", "h2s"),
        ("GUID", "guid"),
        ("flow-rate", "flow_rate"),
        ("a__b", "a__b"),
        ("normal_pressure_UOM", "normal_pressure_uom"),
        ("3dModel", "prop_3d_model"),
        ("_private", "private"),
        ("ø", "prop"),
        ("", "prop"),
    ],
)
def test_snake_case_separates_words(text: str, expected: str) -> None:
    """Words are separated where people see them, and what is no letter becomes an underscore."""
    assert expected == snake_case(text, prefix="prop")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WindTurbine", "WindTurbine"),
        ("wind_turbine", "WindTurbine"),
        ("Pump_T", "PumpT"),
        ("pump", "Pump"),
        ("3d", "View3d"),
        ("", "View"),
        ("ø-a", "A"),
    ],
)
def test_pascal_case_joins_words(text: str, expected: str) -> None:
    """Underscores go, the letter after each becomes a capital, and other capitals stay."""
    assert expected == pascal_case(text, prefix="View")
