"""Units: conversions, and systems of them (dms-api.md 5.5)."""

from __future__ import annotations

import pytest

from pygen.sandbox.problems import Refusal
from pygen.sandbox.units import Conversion, conversion, unit_in_system


@pytest.mark.parametrize(
    ("value", "unit", "expected", "target"),
    [
        (1.1, "pressure:bar", 110_000.0, "pressure:pa"),
        (12.5, "pressure:bar", 1_250_000.0, "pressure:pa"),
        (1.0, "pressure:barg", 2.01325, "pressure:bar"),
        (14.6959487755134, "pressure:psi", 1.0, "pressure:atm"),
        (0.0, "pressure:psig", 1.0, "pressure:atm"),
        (0.0, "temperature:deg_c", 273.15, "temperature:k"),
        (100.0, "temperature:deg_c", 212.0, "temperature:deg_f"),
        (-40.0, "temperature:deg_f", -40.0, "temperature:deg_c"),
        (1.0, "length:mi", 1609.344, "length:m"),
        (3.0, "length:ft", 1.0, "length:yd"),
        (1.0, "mass:tonne", 1000.0, "mass:kilogm"),
        (16.0, "mass:oz", 1.0, "mass:lb"),
        (2.5, "power:megaw", 2500.0, "power:kilow"),
        (1.0, "power:hp", 745.699871582270, "power:w"),
        (1.0, "energy:kilow-hr", 3.6, "energy:megaj"),
        (60.0, "angular_velocity:rev-per-min", 1.0, "angular_velocity:rev-per-sec"),
        (3.6, "volume_flow_rate:m3-per-hr", 1.0, "volume_flow_rate:l-per-sec"),
        (90.0, "time:min", 1.5, "time:hr"),
        (0.4, "electric_potential:kilov", 400.0, "electric_potential:v"),
        (50.0, "dimensionless_ratio:percent", 0.5, "dimensionless_ratio:fraction"),
        (3000.0, "frequency:per-min", 50.0, "frequency:hz"),
    ],
)
def test_values_are_converted(value: float, unit: str, expected: float, target: str) -> None:
    """Factors and offsets are right, and leave no noise of binary fractions."""
    assert pytest.approx(expected, rel=1e-13) == conversion(unit, target).apply(value)


def test_conversions_leave_no_noise() -> None:
    """1.1 bar are 110,000 Pa, as was recorded, though 1.1 * 100000 is not in binary."""
    assert 110_000.0 == conversion("pressure:bar", "pressure:pa").apply(1.1)


def test_a_unit_is_itself_to_the_last_digit() -> None:
    """Even one that is not in the table, as models may use any."""
    assert Conversion(1.0, 0.0) == conversion("luck:clover", "luck:clover")
    assert 0.1234567890123456789 == conversion("luck:clover", "luck:clover").apply(0.1234567890123456789)


@pytest.mark.parametrize(
    ("unit", "target", "message"),
    [
        ("pressure:bar", "temperature:k", "Unit 'pressure:bar' cannot be converted to 'temperature:k'"),
        ("pressure:bar", "pressure:fathom", "Unknown unit 'pressure:fathom'"),
        ("luck:clover", "pressure:bar", "Unknown unit 'luck:clover'"),
        ("pressure:bar", "bar", "Unknown unit 'bar'"),
    ],
)
def test_what_cannot_be_converted_is_refused(unit: str, target: str, message: str) -> None:
    """Unknown units, and units of other quantities."""
    with pytest.raises(Refusal, match=message):
        conversion(unit, target)


@pytest.mark.parametrize(
    ("unit", "system", "expected"),
    [
        ("pressure:bar", "SI", "pressure:pa"),
        ("pressure:bar", "Imperial", "pressure:psi"),
        ("pressure:bar", "Default", "pressure:bar"),
        ("temperature:deg_c", "SI", "temperature:k"),
        ("temperature:deg_c", "Imperial", "temperature:deg_f"),
        ("electric_current:kiloa", "Imperial", "electric_current:kiloa"),
        ("luck:clover", "SI", "luck:clover"),
    ],
)
def test_unit_systems_name_a_unit_for_a_quantity(unit: str, system: str, expected: str) -> None:
    """Where a system has none, the unit stays."""
    assert expected == unit_in_system(unit, system)


def test_units_of_systems_are_known() -> None:
    """Each can be converted to."""
    for quantity in ("pressure", "temperature", "length", "mass", "power", "energy", "velocity", "volume"):
        unit = unit_in_system(f"{quantity}:", "SI")
        assert conversion(unit, unit_in_system(unit, "Imperial")).factor > 0


def test_unknown_systems_are_refused() -> None:
    """There are three."""
    with pytest.raises(Refusal, match="Unknown unit system 'Metric': there are Default, SI, Imperial"):
        unit_in_system("pressure:bar", "Metric")


@pytest.mark.parametrize(("celsius", "fahrenheit"), [(10.0, 50.0), (-40.0, -40.0), (36.6, 97.88), (0.1, 32.18)])
def test_offsets_leave_no_noise(celsius: float, fahrenheit: float) -> None:
    """A large offset between two scales takes away digits that would show as noise."""
    assert fahrenheit == conversion("temperature:deg_c", "temperature:deg_f").apply(celsius)
    assert celsius == conversion("temperature:deg_f", "temperature:deg_c").apply(fahrenheit)
