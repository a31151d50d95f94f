"""Names of an SDK: views, properties, derived fields and keyword filters."""

from __future__ import annotations

import pytest

from pygen.client.models.ids import ViewId
from pygen.errors import ConfigError
from pygen.generation.base import Ledger, TargetOptions
from pygen.generation.python.filter_rule import FilterRule
from pygen.generation.python.sdk_names import ViewNames
from pygen.ir.models import IRMember
from pygen.ir.types import IntegerType, JsonType
from tests.unit.generation.ir_builders import direct, edge, fields_of, plan, value, vid, view

NUMBER = IntegerType(32)


def classes_of(
    *views: ViewId, ledger: Ledger | None = None, client: str = "TheClient"
) -> dict[ViewId, tuple[str, str]]:
    """View -> class and module."""
    planned = plan(*(view(each) for each in views), ledger=ledger, options=TargetOptions("sdk", client))
    return {each: (str(names.read), str(names.module)) for each, names in planned.classes.items()}


def names_of(*members: IRMember, ledger: Ledger | None = None) -> ViewNames:
    """The names of a view with these properties."""
    return plan(view("V", *members), ledger=ledger).slices[vid("V")].names


class TestViews:
    """Classes, modules and API attributes."""

    def test_a_view_is_called_as_in_the_model(self) -> None:
        """The class is the externalId in PascalCase, the module in snake_case; derived classes add to it."""
        names = plan(view("my_WindTurbine")).classes[vid("my_WindTurbine")]

        assert (
            "MyWindTurbine",
            "MyWindTurbineWrite",
            "MyWindTurbineFilters",
            "MyWindTurbineAPI",
            "AsyncMyWindTurbineAPI",
            "my_wind_turbine",
        ) == tuple(map(str, names[:6]))

    def test_plural_twins_are_two(self) -> None:
        """No plural is made, so a view and its plural do not meet."""
        assert [("Pump", "pump"), ("Pumps", "pumps")] == list(classes_of(vid("Pump"), vid("Pumps")).values())

    def test_case_twins_are_numbered(self) -> None:
        """Of views that differ by case, the one that is written as a class keeps its name; class and module agree."""
        assert {vid("Pump"): ("Pump", "pump"), vid("pump"): ("Pump_2", "pump_2")} == classes_of(
            vid("pump"), vid("Pump")
        )

    def test_one_name_in_two_spaces_is_numbered(self) -> None:
        """Of views of one externalId, the first by space keeps the name."""
        a, b = ViewId("sp_a", "Pump", "v1"), ViewId("sp_b", "Pump", "v1")

        assert {a: ("Pump", "pump"), b: ("Pump_2", "pump_2")} == classes_of(b, a)

    def test_two_versions_are_numbered(self) -> None:
        """Two versions of a view in one model are two classes."""
        assert [("Pump", "pump"), ("Pump_2", "pump_2")] == list(
            classes_of(vid("Pump"), vid("Pump", version="v2")).values()
        )

    @pytest.mark.parametrize("other", ["PumpWrite", "PumpFilters", "PumpAPI", "AsyncPump", "AsyncPumpAPI"])
    def test_derived_classes_do_not_meet(self, other: str) -> None:
        """A view that is called as another view's derived class, or derives the same, gets a number."""
        names = plan(view("Pump"), view(other)).classes
        every = [name for given in names.values() for name in given[:5]]

        assert len(every) == len(set(every))

    @pytest.mark.parametrize(("name", "module"), [("Delete", "delete_"), ("Class", "class_"), ("Aux", "aux_")])
    def test_modules_keep_off_what_is_taken(self, name: str, module: str) -> None:
        """Methods of the client, keywords and names of devices get an underscore."""
        assert (name, module) == classes_of(vid(name))[vid(name)]

    def test_a_keyword_is_no_class(self) -> None:
        """The three keywords with a capital get an underscore."""
        assert ("None_", "none") == classes_of(vid("None"))[vid("None")]

    def test_the_client_keeps_its_name(self) -> None:
        """The name that the user chose for the client wins over a view's."""
        assert ("PumpClient_2", "pump_client_2") == classes_of(vid("PumpClient"), client="PumpClient")[
            vid("PumpClient")
        ]

    @pytest.mark.parametrize("client", ["", "1Client", "My-Client", "class", "None"])
    def test_a_client_needs_an_identifier(self, client: str) -> None:
        """A client that cannot be called so is an error of the configuration."""
        with pytest.raises(ConfigError, match="the client cannot be called"):
            classes_of(vid("Pump"), client=client)

    def test_long_names_fit_file_systems(self) -> None:
        """Module names are cut where file systems end, and stay distinct."""
        names = classes_of(vid("a" * 255), vid("a" * 254 + "b"))

        assert 2 == len({module for _, module in names.values()})
        assert all(len(module) <= 160 for _, module in names.values())

    def test_a_name_once_given_stays(self) -> None:
        """A new twin does not move a name, although it comes first in the order."""
        ledger = plan(view("pump")).ledger

        assert {vid("pump"): ("Pump", "pump"), vid("Pump"): ("Pump_2", "pump_2")} == classes_of(
            vid("Pump"), vid("pump"), ledger=ledger
        )

    def test_a_new_version_takes_over(self) -> None:
        """A view whose version changed keeps class, module and fields."""
        ledger = plan(view("pump"), view("Pump", value("flow-rate"), value("flow_rate"))).ledger
        changed = vid("Pump", version="v2")
        planned = plan(view(changed, value("flow-rate"), value("flow_rate")), view("pump"), ledger=ledger)

        assert "Pump" == planned.classes[changed].read
        assert "Pump_2" == planned.classes[vid("pump")].read
        assert {"flow-rate": "flow_rate_2", "flow_rate": "flow_rate"} == planned.slices[changed].names.fields

    @pytest.mark.parametrize("broken", ["not valid", "class", "", "TheClient"])
    def test_an_impossible_entry_is_forgotten(self, broken: str) -> None:
        """An entry of the ledger that cannot be a class is as good as none."""
        ledger = {"classes": {str(vid("Pump")): broken}, "modules": {str(vid("Pump")): broken}}

        assert ("Pump", "pump") == classes_of(vid("Pump"), ledger=ledger)[vid("Pump")]

    def test_an_entry_that_is_claimed_twice_goes_to_the_first(self) -> None:
        """After a merge two views may claim one name; the first by identifier has it."""
        ledger = {
            "classes": {str(vid("A")): "X", str(vid("B")): "X"},
            "modules": {str(vid("A")): "x", str(vid("B")): "x"},
        }

        assert {vid("A"): ("X", "x"), vid("B"): ("B", "b")} == classes_of(vid("A"), vid("B"), ledger=ledger)


class TestFields:
    """Fields of a view."""

    @pytest.mark.parametrize(
        ("identifier", "expected"),
        [
            ("capacity", "capacity"),
            ("windSpeed", "wind_speed"),
            ("flow-rate", "flow_rate"),
            ("3d", "prop_3d"),
            ("class", "class_"),
            ("None", "none"),
            ("copy", "copy_"),
            ("json", "json_"),
            ("model_config", "model_config_"),
            ("modelFields", "model_fields_"),
            ("save", "save_"),
            ("load", "load_"),
            ("refresh", "refresh_"),
            ("list", "list"),
            ("str", "str"),
            ("type", "type"),
            ("id", "id"),
            ("limit", "limit"),
            ("sort", "sort"),
            ("space", "space_"),
            ("externalId", "external_id_"),
            ("external_id", "external_id_"),
            ("version", "version_"),
            ("existingVersion", "existing_version_"),
            ("nodeType", "node_type_"),
            ("startNode", "start_node"),
            ("match", "match"),
        ],
    )
    def test_a_field_is_called_as_in_the_model(self, identifier: str, expected: str) -> None:
        """Snake case; keywords, pydantic's names and ours get an underscore, builtins stay."""
        assert {identifier: expected} == fields_of(value(identifier))

    def test_ends_of_edges_are_reserved_on_edges(self) -> None:
        """Views that can read edges keep off what edges are made of."""
        names = plan(view("V", value("startNode"), used_for="edge")).slices[vid("V")].names

        assert {"startNode": "start_node_"} == names.fields

    def test_twins_are_numbered_in_order(self) -> None:
        """The property that is written as the field keeps it; the others follow by identifier."""
        expected = {"flow_rate": "flow_rate", "flow-rate": "flow_rate_2", "flowRate": "flow_rate_3"}

        assert expected == fields_of(value("flowRate"), value("flow_rate"), value("flow-rate"))

    def test_a_new_twin_moves_nothing(self) -> None:
        """A name once given stays, although the new property is written exactly so."""
        ledger = plan(view("V", value("flowRate"))).ledger

        assert {"flowRate": "flow_rate", "flow_rate": "flow_rate_2"} == fields_of(
            value("flowRate"), value("flow_rate"), ledger=ledger
        )

    def test_ids_of_relations_have_fields_of_their_own(self) -> None:
        """A direct relation has its name for what it leads to, and one with `_id` or `_ids` for what is stored."""
        names = names_of(
            direct("nacelle", vid("V")), direct("mentors", vid("V"), is_list=True), edge("parts", vid("V"))
        )

        assert {"nacelle": "nacelle_id", "mentors": "mentors_ids"} == names.ids

    def test_ids_of_relations_yield_to_properties(self) -> None:
        """A property that is called as an id field keeps its name."""
        names = names_of(direct("nacelle", vid("V")), value("nacelle_id"))

        assert {"nacelle": "nacelle", "nacelle_id": "nacelle_id"} == names.fields
        assert {"nacelle": "nacelle_id_"} == names.ids

    def test_ids_of_relations_stay_when_properties_come(self) -> None:
        """A property that is added later does not move the id field of a relation."""
        ledger = plan(view("V", direct("nacelle", vid("V")))).ledger
        names = names_of(direct("nacelle", vid("V")), value("nacelle_id"), ledger=ledger)

        assert {"nacelle": "nacelle", "nacelle_id": "nacelle_id_2"} == names.fields
        assert {"nacelle": "nacelle_id"} == names.ids

    def test_inherited_fields_are_called_as_the_parents(self) -> None:
        """A property of the parent keeps its name where an own one is written exactly so."""
        parent = view("Parent", value("flow-rate"))
        child = view("Child", value("flow-rate"), value("flow_rate"), parents=[vid("Parent")])
        slices = plan(parent, child).slices

        assert {"flow-rate": "flow_rate", "flow_rate": "flow_rate_2"} == slices[vid("Child")].names.fields

    def test_the_ledger_holds_what_is_not_usual(self) -> None:
        """All fields are kept; derived names only where they are not what they usually are."""
        ledger = plan(
            view("V", direct("a", vid("V")), value("a_id"), value("x", NUMBER), value("min_x", NUMBER))
        ).ledger

        assert {
            "classes": {"sp:V(v1)": "V"},
            "modules": {"sp:V(v1)": "v"},
            "sp:V(v1)": {"a": "a", "a_id": "a_id", "min_x": "min_x", "x": "x"},
            "sp:V(v1) ids": {"a": "a_id_"},
            "sp:V(v1) filters": {"min x": "min_x_"},
        } == ledger


class TestFilters:
    """Keyword filters."""

    def test_they_follow_a_rule(self) -> None:
        """Texts have a prefix, numbers have bounds, JSON has nothing."""
        names = names_of(value("t"), value("n", NUMBER), value("j", JsonType()), value("ts", is_list=True))

        assert {
            ("t", "is"): "t",
            ("t", "prefix"): "t_prefix",
            ("n", "is"): "n",
            ("n", "min"): "min_n",
            ("n", "max"): "max_n",
            ("ts", "is"): "ts",
        } == names.filters

    def test_ours_yield_to_properties(self) -> None:
        """A bound that is called as a property gets an underscore."""
        names = names_of(value("x", NUMBER), value("min_x", NUMBER))

        assert "min_x" == names.filters["min_x", "is"]
        assert "min_x_" == names.filters["x", "min"]

    def test_ours_stay_when_properties_come(self) -> None:
        """A property that is added later does not move a bound; its own filter yields."""
        ledger = plan(view("V", value("x", NUMBER))).ledger
        names = names_of(value("x", NUMBER), value("min_x", NUMBER), ledger=ledger)

        assert "min_x" == names.filters["x", "min"]
        assert "min_x" == names.fields["min_x"]
        assert "min_x_" == names.filters["min_x", "is"]

    @pytest.mark.parametrize("identifier", ["external_id_prefix", "where", "self"])
    def test_ours_keep_off_those_of_every_view(self, identifier: str) -> None:
        """Filters that all views have, and parameters of `list`, are not given again."""
        assert f"{identifier}_" == names_of(value(identifier)).filters[identifier, "is"]

    def test_what_is_listed_is_what_the_rule_would_misread(self) -> None:
        """Keywords that the runtime's rule reads otherwise are those that `ViewInfo.filters` must list."""
        planned = plan(
            view(
                "V",
                value("x", NUMBER),
                value("min_x", JsonType()),
                value("a_prefix"),
                value("min_a"),
                direct("min_b", vid("V")),
                value("b_id", NUMBER),
            )
        ).slices[vid("V")]
        rule = FilterRule(planned.view, planned.names)
        misread = {str(name): key for key, name in planned.names.filters.items() if rule.read(str(name)) != key}

        assert {
            "min_x": ("x", "min"),  # the JSON property has no filter, but a field
            "min_a_prefix": ("min_a", "prefix"),  # would be a bound of `a_prefix`
            "min_b_id": ("b_id", "min"),  # is the field with the id of `min_b`
        } == misread
