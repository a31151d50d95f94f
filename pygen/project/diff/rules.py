"""
The rules: which kinds of differences there are between two data models, and what each does to whom.

One rule per kind of difference, documented one by one in docs/diff.md. A rule says the worst that its kind of change
can do; the service's part is from dms-api.md 3.2, 3.5 and 3.7, the SDK's part from what `pygen.generation` writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from pygen.project.keys import BUILT_IN_TARGETS

__all__ = ["RULES", "Category", "ChangeSeverity", "Effect", "Rule", "Section"]


class Category(StrEnum):
    """
    Who is touched by a change.

    The first three hold for every program that talks to CDF, the others for source code that uses an SDK of that
    target, once the SDK is generated anew.
    """

    READING = "reading code"
    WRITING = "writing code"
    STORED = "stored data"
    PYTHON = "python"
    TYPESCRIPT = "typescript"
    CSHARP = "csharp"
    PYSPARK = "pyspark"


class Effect(StrEnum):
    """What a change does to one of them: stops it, may change what it does, leaves it working, or does not meet it."""

    BREAKING = "breaking"
    RISKY = "risky"
    SAFE = "safe"
    NONE = "none"


class ChangeSeverity(StrEnum):
    """How bad a change is: its worst effect."""

    BREAKING = "breaking"
    RISKY = "risky"
    SAFE = "safe"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(ChangeSeverity).index(self)


_COUNTED = (Category.READING, Category.WRITING, Category.STORED, *map(Category, BUILT_IN_TARGETS))
"""What makes the severity. Targets that pygen cannot generate yet have no source code that could break."""

_TARGETS = (Category.PYTHON, Category.TYPESCRIPT, Category.CSHARP, Category.PYSPARK)


class Section(StrEnum):
    """The part of a changelog that a change belongs to (keepachangelog.com)."""

    REMOVED = "Removed"
    CHANGED = "Changed"
    ADDED = "Added"
    FIXED = "Fixed"


class Rule(NamedTuple):
    """
    One kind of difference.

    Attributes:
        code: Stable identifier: `PYG3xx` data model and views, `PYG4xx` properties, `PYG5xx` containers.
        title: What it is, in one sentence without a full stop.
        effects: What it does, for every category.
        section: Where a changelog tells it; `Fixed` is for texts.
        advice: What whoever uses the SDK should do; empty where there is nothing to do.
    """

    code: str
    title: str
    effects: Mapping[Category, Effect]
    section: Section
    advice: str

    @property
    def severity(self) -> ChangeSeverity:
        """The worst effect on what there is today."""
        found = {self.effects[category] for category in _COUNTED}
        return next((severity for severity in ChangeSeverity if Effect(severity) in found), ChangeSeverity.SAFE)


# The letters of the table, in the order reading, writing, stored | Python, TypeScript, C#, PySpark.
_EFFECTS = {"B": Effect.BREAKING, "R": Effect.RISKY, "S": Effect.SAFE, "-": Effect.NONE}


def _rule(code: str, title: str, effects: str, section: Section, advice: str) -> Rule:
    """
    A rule from a row of the table.

    Args:
        code: Its code.
        title: Its title.
        effects: Effects on reading code, writing code and stored data; then on source code in Python, TypeScript, C#
            and PySpark.
        section: Where a changelog tells it.
        advice: What to do.
    """
    categories = (Category.READING, Category.WRITING, Category.STORED, *_TARGETS)
    letters = effects.replace(" ", "").replace("|", "")
    found = {category: _EFFECTS[letter] for category, letter in zip(categories, letters, strict=True)}
    return Rule(code, title, found, section, advice)


_TABLE = (
    # The data model and its views
    _rule(
        "PYG301",
        "The data model has another external id",
        "S S - | B B B B",
        Section.CHANGED,
        "set client_name to keep the old name of the client",
    ),
    _rule("PYG302", "The data model is in another space", "S S - | S S S S", Section.CHANGED, ""),
    _rule("PYG303", "The data model has another version", "S S - | S S S S", Section.CHANGED, ""),
    _rule("PYG304", "The data model has another name or description", "- - - | S S S S", Section.FIXED, ""),
    _rule("PYG305", "A view is new", "S S - | S S S S", Section.ADDED, ""),
    _rule("PYG306", "A view is gone", "B B S | B B B B", Section.REMOVED, "code that uses the view has to go"),
    _rule(
        "PYG307",
        "A view has another version",
        "S S S | R R R R",
        Section.CHANGED,
        "if relations still name the old version, point them to the new one; write the new one where code names a view",
    ),
    _rule("PYG308", "A view has another name or description", "- - - | S S S S", Section.FIXED, ""),
    _rule("PYG309", "A view implements one more view", "S S - | S S S S", Section.ADDED, ""),
    _rule(
        "PYG310",
        "A view implements one view less",
        "R - - | B S B S",
        Section.REMOVED,
        "do not pass its objects where the parent is expected",
    ),
    _rule("PYG311", "A view implements its parents in another order", "S S - | S S S S", Section.CHANGED, ""),
    _rule("PYG312", "A view implements another version of a parent", "S S - | S S S S", Section.CHANGED, ""),
    _rule(
        "PYG313",
        "A view of nodes shows edges as well",
        "R S - | S S S S",
        Section.ADDED,
        "tell nodes from edges where you list the view",
    ),
    _rule(
        "PYG314",
        "A view of edges shows nodes as well",
        "R S - | B B B R",
        Section.CHANGED,
        "its objects have no start and end any more: read those where the edges are",
    ),
    _rule(
        "PYG315",
        "A view no longer shows nodes, or no longer edges",
        "B B S | B B B B",
        Section.REMOVED,
        "read and write the other instances through another view",
    ),
    _rule("PYG316", "A view can be written", "- S - | S S S S", Section.ADDED, ""),
    _rule(
        "PYG317",
        "A view can no longer be written",
        "- B - | B B B B",
        Section.REMOVED,
        "write through another view, or through the containers",
    ),
    _rule(
        "PYG318",
        "A view has another filter",
        "R S S | S S S S",
        Section.CHANGED,
        "look whether a list still gives what you count on",
    ),
    _rule(
        "PYG319",
        "A view needs data in one more container",
        "B R R | S S S S",
        Section.CHANGED,
        "give old instances data in that container, or the view a filter: without, it no longer shows them",
    ),
    _rule(
        "PYG320",
        "A view needs data in one container less",
        "R S S | S S S S",
        Section.CHANGED,
        "look whether a list still gives what you count on",
    ),
    # Properties of views
    _rule("PYG401", "A property is new, and may be left out", "S S S | S S S S", Section.ADDED, ""),
    _rule("PYG402", "A property is new, and must be given", "S B R | B B B B", Section.ADDED, "give it when you write"),
    _rule("PYG403", "A property is gone", "B B R | B B B B", Section.REMOVED, "do not use it any more"),
    _rule("PYG404", "A property has another name or description", "- - - | S S S S", Section.FIXED, ""),
    _rule(
        "PYG405",
        "A property must have a value",
        "S B R | B B B B",
        Section.CHANGED,
        "give it when you write, and fill it where it is empty before the service demands it",
    ),
    _rule(
        "PYG406",
        "A property may have no value",
        "B S S | B B B R",
        Section.CHANGED,
        "look for None before you use it",
    ),
    _rule(
        "PYG407",
        "A property holds a list",
        "B B B | B B B B",
        Section.CHANGED,
        "take the items of the list, and write a list",
    ),
    _rule(
        "PYG408",
        "A property no longer holds a list",
        "B B B | B B B B",
        Section.CHANGED,
        "take the one value, and write one value",
    ),
    _rule("PYG409", "Numbers have more bits", "S S R | S R B R", Section.CHANGED, "move the stored values"),
    _rule(
        "PYG410",
        "Numbers have fewer bits",
        "S B R | S R B R",
        Section.CHANGED,
        "write only numbers that fit, and move the stored values",
    ),
    _rule(
        "PYG411",
        "A property has another type",
        "B B B | B B B B",
        Section.CHANGED,
        "read and write the new type, and move the stored values",
    ),
    _rule(
        "PYG412",
        "A property has another unit",
        "R R R | S S S S",
        Section.CHANGED,
        "convert numbers where you read and write them, and the stored ones",
    ),
    _rule("PYG413", "The source system calls the unit otherwise", "- - - | S S S S", Section.FIXED, ""),
    _rule("PYG414", "Texts may be longer", "S S S | S S S S", Section.CHANGED, ""),
    _rule("PYG415", "Texts must be shorter", "S B R | S S S S", Section.CHANGED, "write shorter texts"),
    _rule("PYG416", "Lists may be longer", "S S S | S S S S", Section.CHANGED, ""),
    _rule("PYG417", "Lists must be shorter", "S B R | S S S S", Section.CHANGED, "write shorter lists"),
    _rule(
        "PYG418",
        "Texts are put in another order",
        "R S R | S S S S",
        Section.CHANGED,
        "do not count on the order of texts",
    ),
    _rule("PYG419", "An enum has one value more", "R S S | S R R S", Section.ADDED, "be ready to read it"),
    _rule(
        "PYG420",
        "An enum has one value less",
        "S B R | B B B S",
        Section.REMOVED,
        "do not write it any more, nor filter by it",
    ),
    _rule("PYG421", "An enum value has another name or description", "- - - | S S S S", Section.FIXED, ""),
    _rule(
        "PYG422",
        "Another enum value stands for unknown ones",
        "R B R | B B B S",
        Section.CHANGED,
        "do not write the value that stands for unknown ones",
    ),
    _rule(
        "PYG423",
        "No enum value stands for unknown ones",
        "R S S | S S S S",
        Section.CHANGED,
        "do not count on a value for unknown ones",
    ),
    _rule(
        "PYG424",
        "A property that may be left out has a default",
        "- R S | S S S S",
        Section.CHANGED,
        "write None where you mean no value",
    ),
    _rule(
        "PYG425",
        "A property has another default",
        "- R S | S S S S",
        Section.CHANGED,
        "give the value where you count on the old default",
    ),
    _rule(
        "PYG426",
        "A property that may be left out has no default",
        "- R S | S S S S",
        Section.CHANGED,
        "give the value where you count on the default",
    ),
    _rule(
        "PYG427",
        "A property that must have a value has a default",
        "S S S | B B B R",
        Section.CHANGED,
        "look for None before you use it: old instances may have no value",
    ),
    _rule(
        "PYG428",
        "A property that must have a value has no default",
        "S B S | B B B B",
        Section.CHANGED,
        "give it when you write",
    ),
    _rule(
        "PYG429",
        "A value cannot be changed once it is set",
        "- B - | S S S S",
        Section.CHANGED,
        "set it when you create an instance, and do not change it",
    ),
    _rule(
        "PYG430", "A value can be changed", "R S - | S S S S", Section.CHANGED, "do not count on it staying the same"
    ),
    _rule("PYG431", "Numbers are given by the service", "- S S | S S S S", Section.CHANGED, ""),
    _rule(
        "PYG432",
        "Numbers are no longer given by the service",
        "- B S | B B B B",
        Section.CHANGED,
        "give it when you write",
    ),
    _rule("PYG433", "A property is stored elsewhere", "R R B | S S S S", Section.CHANGED, "move the stored values"),
    _rule(
        "PYG434",
        "A relation leads to another view",
        "B R R | B B B R",
        Section.CHANGED,
        "use the properties of the other view, and write nodes of it",
    ),
    _rule("PYG435", "A relation leads to another version of its view", "S S S | S S S S", Section.CHANGED, ""),
    _rule(
        "PYG436", "A relation says to which view it leads", "S S S | R R R S", Section.ADDED, "write nodes of that view"
    ),
    _rule(
        "PYG437",
        "A relation no longer says to which view it leads",
        "B S S | B B B S",
        Section.CHANGED,
        "read the nodes by their ids through a view of your choice",
    ),
    _rule(
        "PYG438",
        "Targets must have data in a container",
        "S B R | S S S S",
        Section.CHANGED,
        "write the targets first, with data in that container",
    ),
    _rule(
        "PYG439",
        "Targets need no data in a container",
        "R S R | S S S S",
        Section.CHANGED,
        "be ready for targets without data",
    ),
    _rule(
        "PYG440",
        "A property is of another kind",
        "B B B | B B B B",
        Section.CHANGED,
        "read and write it in the way of its new kind, and move what is stored",
    ),
    _rule(
        "PYG441", "A connection leads to many", "B B S | B B B B", Section.CHANGED, "take the items, and write a list"
    ),
    _rule(
        "PYG442", "A connection leads to one", "B B R | B B B B", Section.CHANGED, "take the one object, and write one"
    ),
    _rule(
        "PYG443",
        "A connection follows edges of another type",
        "B R B | S S S S",
        Section.CHANGED,
        "make edges of the new type of the old ones",
    ),
    _rule(
        "PYG444",
        "A connection follows edges in the other direction",
        "B R B | S S S S",
        Section.CHANGED,
        "make edges in the new direction of the old ones",
    ),
    _rule(
        "PYG445",
        "The edges of a connection have another view",
        "B B R | B B B B",
        Section.CHANGED,
        "use the properties of the other edge view",
    ),
    _rule(
        "PYG446",
        "A reverse relation goes through another property",
        "B - R | S S S S",
        Section.CHANGED,
        "fill the property that the relation goes through now",
    ),
    _rule("PYG447", "A reverse relation goes through a list, or no longer", "S - - | S S S S", Section.CHANGED, ""),
    # Containers
    _rule("PYG501", "The views use a new container", "- - S | - - - -", Section.ADDED, ""),
    _rule(
        "PYG502",
        "The views no longer use a container",
        "- - R | - - - -",
        Section.REMOVED,
        "look whether its data is still there",
    ),
    _rule("PYG503", "A container has other names or descriptions", "- - - | - - - -", Section.FIXED, ""),
    _rule(
        "PYG504",
        "A container takes nodes and edges",
        "- S B | - - - -",
        Section.CHANGED,
        "save the stored data before: the container has to be made anew",
    ),
    _rule(
        "PYG505",
        "A container no longer takes nodes, or no longer edges",
        "R B B | - - - -",
        Section.CHANGED,
        "move the stored data to another container",
    ),
    _rule("PYG506", "A property of a container is new, and may be left out", "- S S | - - - -", Section.ADDED, ""),
    _rule(
        "PYG507",
        "A property of a container is new, and must be given",
        "- B R | - - - -",
        Section.ADDED,
        "give it when you write, through a view that has it",
    ),
    _rule(
        "PYG508",
        "A property of a container is gone",
        "R R B | - - - -",
        Section.REMOVED,
        "save the stored values elsewhere before",
    ),
    _rule(
        "PYG509",
        "A property of a container has another type",
        "R R B | - - - -",
        Section.CHANGED,
        "move the stored values",
    ),
    _rule(
        "PYG510",
        "A property of a container must have a value",
        "- B R | - - - -",
        Section.CHANGED,
        "give it when you write, and fill it where it is empty",
    ),
    _rule(
        "PYG511",
        "A property of a container may have no value",
        "R S S | - - - -",
        Section.CHANGED,
        "be ready for missing values",
    ),
    _rule(
        "PYG512",
        "A property of a container takes fewer values",
        "S B R | - - - -",
        Section.CHANGED,
        "write only values that are still allowed",
    ),
    _rule(
        "PYG513",
        "A property of a container takes more values",
        "R S S | - - - -",
        Section.CHANGED,
        "be ready to read them",
    ),
    _rule(
        "PYG514",
        "A property of a container has another default",
        "- R S | - - - -",
        Section.CHANGED,
        "give the value where you count on the default",
    ),
    _rule(
        "PYG515",
        "A property of a container can be changed less",
        "- B - | - - - -",
        Section.CHANGED,
        "do not change, or do give, the value when you write",
    ),
    _rule("PYG516", "A property of a container can be changed more", "- S - | - - - -", Section.CHANGED, ""),
    _rule(
        "PYG517",
        "A property of a container has another unit",
        "R R R | - - - -",
        Section.CHANGED,
        "convert numbers where you read and write them, and the stored ones",
    ),
    _rule(
        "PYG518",
        "Values are unique",
        "S B R | - - - -",
        Section.CHANGED,
        "make values unique before, and write unique ones",
    ),
    _rule(
        "PYG519",
        "Values are no longer unique",
        "R S S | - - - -",
        Section.CHANGED,
        "do not count on one instance per value",
    ),
    _rule(
        "PYG520",
        "Data is required in another container",
        "S B R | - - - -",
        Section.CHANGED,
        "write the data of the other container along",
    ),
    _rule(
        "PYG521",
        "Data is no longer required in another container",
        "R S S | - - - -",
        Section.CHANGED,
        "be ready for instances without that data",
    ),
    _rule(
        "PYG522",
        "A constraint is another one under the same name",
        "R B R | - - - -",
        Section.CHANGED,
        "look whether your data meet the new constraint",
    ),
    _rule("PYG523", "An index is new", "S - - | - - - -", Section.CHANGED, ""),
    _rule(
        "PYG524",
        "An index is gone",
        "R - - | - - - -",
        Section.CHANGED,
        "look at the speed of lists that filter or sort by it; a cursorable index kept their sorting cheap",
    ),
    _rule(
        "PYG525",
        "An index is another one under the same name",
        "R - - | - - - -",
        Section.CHANGED,
        "look at the speed of lists that filter or sort by it",
    ),
)

RULES: Mapping[str, Rule] = {rule.code: rule for rule in _TABLE}
"""All rules, by code."""
