"""Identifiers, namespaces, and where the names of a view are found in a ledger."""

from __future__ import annotations

import copy
import pickle

import pytest

from pygen.client.models.ids import ViewId
from pygen.generation.naming import Identifier, Namespace, former_key, in_naming_order

KEYWORDS = {"class", "def"}


@pytest.mark.parametrize("text", ["", "1a", "a-b", "a b", "å", "class", "a\n", "a;b"])
def test_an_identifier_refuses_what_is_none(text: str) -> None:
    """Only ASCII identifiers that are no keywords become an `Identifier`."""
    with pytest.raises(ValueError, match="is not an identifier"):
        Identifier(text, KEYWORDS)


def test_an_identifier_can_be_copied_and_pickled() -> None:
    """Copies of an identifier are identifiers."""
    name = Identifier("name", KEYWORDS)

    assert isinstance(copy.deepcopy(name), Identifier)
    assert Identifier("name", KEYWORDS) == pickle.loads(pickle.dumps(name))


def test_a_namespace_gives_a_name_once() -> None:
    """A name that is held is not free, and cannot be held again."""
    space = Namespace(KEYWORDS)
    space.hold("a")

    assert not space.is_free("a")
    with pytest.raises(ValueError, match="'a' is not free"):
        space.hold("a")


def test_a_name_of_the_model_gets_a_number() -> None:
    """Names of the model that are taken are numbered from 2."""
    space = Namespace(KEYWORDS)

    assert ["a", "a_2", "a_3"] == [space.numbered("a") for _ in range(3)]


def test_a_name_of_ours_gets_underscores() -> None:
    """Names of ours that are taken get underscores behind them."""
    space = Namespace(KEYWORDS)

    assert ["a", "a_", "a__"] == [space.yielding("a") for _ in range(3)]


def test_keywords_and_reserved_names_get_an_underscore() -> None:
    """A name that the language or the runtime needs is given with an underscore, and numbered without."""
    space = Namespace(KEYWORDS, ["copy", "save", "save_"])

    assert ["class_", "class_2", "copy_", "save__"] == [
        space.numbered(name) for name in ("class", "class", "copy", "save")
    ]


def test_a_folded_namespace_ignores_case() -> None:
    """Where files are named, names that differ only by case are one."""
    space = Namespace(KEYWORDS, folded=True)
    space.hold("Pump")

    assert not space.is_free("pump")
    assert Namespace(KEYWORDS).is_free("pump")


def test_identity_comes_first() -> None:
    """Names that are written as in the model go before others, each group sorted."""
    assert ["a_b", "b", "a-b", "aB"] == in_naming_order({"aB": "a_b", "b": "b", "a_b": "a_b", "a-b": "a_b"})


class TestFormerKey:
    """Under which key a ledger has the names of a view."""

    def test_its_own(self) -> None:
        """A view finds its own entry, whatever other versions there are."""
        keys = ["sp:V(v1)", "sp:V(v2)"]

        assert "sp:V(v1)" == former_key(keys, ViewId("sp", "V", "v1"), {"sp:V(v1)"})

    def test_that_of_a_version_that_is_gone(self) -> None:
        """A new version takes over the names of the one it replaces."""
        assert "sp:V(v1)" == former_key(["sp:V(v1)"], ViewId("sp", "V", "v2"), {"sp:V(v2)"})

    def test_the_greatest_of_several(self) -> None:
        """Among several versions that are gone, the greatest is followed."""
        keys = ["sp:V(v1)", "sp:V(v2)", "sp:V(v2) filters"]

        assert "sp:V(v2)" == former_key(keys, ViewId("sp", "V", "v3"), {"sp:V(v3)"})

    def test_not_that_of_a_version_that_stays(self) -> None:
        """While both versions are in the model, the new one gets names of its own."""
        assert former_key(["sp:V(v1)"], ViewId("sp", "V", "v2"), {"sp:V(v1)", "sp:V(v2)"}) is None

    def test_not_that_of_another_space(self) -> None:
        """A view of another space is another view."""
        assert former_key(["other:V(v1)"], ViewId("sp", "V", "v2"), {"sp:V(v2)"}) is None
