"""The tables of reserved names are what the runtime and pydantic really have."""

from __future__ import annotations

import keyword

import pytest
from pydantic import BaseModel

from pygen.generation.python import names
from pygen.generation.python.package_files import CONTRACT
from pygen.runtime import (
    CONTRACT as RUNTIME_CONTRACT,
)
from pygen.runtime import (
    AsyncSdkClient,
    EdgeFilters,
    InstanceFilters,
    PygenEdge,
    PygenEdgeWrite,
    PygenResource,
    PygenWrite,
    SdkClient,
)

PRINTED_ON_RESOURCES = {"as_write"}
PLANNED_ON_RESOURCES = {"aload"}
PLANNED_ON_EDGES = {"as_edge_id"}
PLANNED_ON_WRITES = {"as_node_id"}
PLANNED_ON_CLIENTS = {"query", "retrieve", "search", "sync"}


def public(cls: type) -> set[str]:
    """The public names of a class, fields included."""
    fields = getattr(cls, "model_fields", {}) if issubclass(cls, BaseModel) else {}
    return {name for name in {*dir(cls), *fields} if not name.startswith("_")}


def test_keywords_are_pythons() -> None:
    """Every hard keyword of the interpreter is known."""
    assert set(keyword.kwlist) == names.KEYWORDS


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_pydantic_names_are_those_of_a_model() -> None:
    """The table holds what `BaseModel` has."""
    assert public(BaseModel) == names.PYDANTIC_NAMES


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_resource_names_are_those_of_the_runtime() -> None:
    """The table holds what `PygenResource` has beside pydantic's, what every class prints, and what is planned."""
    own = public(PygenResource) - public(BaseModel)

    assert own | PRINTED_ON_RESOURCES | PLANNED_ON_RESOURCES == names.RESOURCE_NAMES


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_edge_names_are_those_of_the_runtime() -> None:
    """The table holds what the classes of edges add, and what is planned."""
    added = (public(PygenEdge) - public(PygenResource)) | (public(PygenEdgeWrite) - public(PygenWrite))

    assert added | PLANNED_ON_EDGES == names.EDGE_NAMES


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_write_names_are_those_of_the_runtime() -> None:
    """The table holds what `PygenWrite` has beside pydantic's, and what is planned."""
    assert (public(PygenWrite) - public(BaseModel)) | PLANNED_ON_WRITES == names.WRITE_NAMES


def test_filter_names_are_those_of_the_runtime() -> None:
    """The tables hold the keys of the filters that every view has."""
    assert set(InstanceFilters.__annotations__) == names.FILTER_NAMES
    assert set(EdgeFilters.__annotations__) - set(InstanceFilters.__annotations__) == names.EDGE_FILTER_NAMES


def test_client_names_are_those_of_the_runtime() -> None:
    """The table holds what both clients have, and what is planned."""
    assert public(SdkClient) | public(AsyncSdkClient) | PLANNED_ON_CLIENTS == names.CLIENT_NAMES


def test_the_contract_is_the_runtimes() -> None:
    """Generated code names the contract that this runtime fulfils."""
    assert RUNTIME_CONTRACT == CONTRACT
