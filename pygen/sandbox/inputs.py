"""What there is to load: data models and instances, found in files and folders, told apart by name and content."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pygen.client.models.container import Container
from pygen.client.models.data_model import DataModel
from pygen.client.models.references import ViewReference
from pygen.client.models.space import Space
from pygen.client.models.view import View
from pygen.errors import ConfigError
from pygen.sandbox.snapshots import container_item, derive_containers, model_item, own_properties, view_item
from pygen.sources.definitions import Definition, Definitions
from pygen.sources.files import is_graphql, load_items, load_raw_containers, source_files
from pygen.sources.toolkit import load_toolkit, read_folder
from pygen.sources.toolkit_files import GRAPHQL, SCHEMA, VARIABLES, kind_of
from pygen.sources.variables import Variables
from pygen.sources.wire import read_containers, read_wire

__all__ = ["Inputs", "InstanceFile", "Model", "find_inputs"]

Json = dict[str, Any]

_DATA_SUFFIXES = frozenset({".json", ".yaml", ".yml"})
_DEFINING = frozenset({"space", "container", "view", "datamodel", SCHEMA})
_VIEW_KEYS = ("space", "externalId", "version")
_CLASSIC = (".timeseries.yaml", ".file.yaml", ".sequence.yaml", ".filemetadata.yaml", ".sequencerow.yaml")
"""What the toolkit deploys of resources that are no instances."""


@dataclass(slots=True)
class Model:
    """
    What a file or a folder defines, as it is written.

    Attributes:
        place: Where it was found.
        spaces: The spaces that it declares.
        containers: The containers that it defines.
        derived: The containers that its views tell of.
        views: The views.
        data_models: The data models.
        system_spaces: Spaces that it says are the system's.
    """

    place: str
    spaces: list[Definition] = field(default_factory=list)
    containers: list[Definition] = field(default_factory=list)
    derived: list[Definition] = field(default_factory=list)
    views: list[Definition] = field(default_factory=list)
    data_models: list[Definition] = field(default_factory=list)
    system_spaces: set[str] = field(default_factory=set)


class InstanceFile(NamedTuple):
    """
    A file of instances.

    Attributes:
        path: The file.
        variables: What placeholders in it stand for; None: it has none.
    """

    path: Path
    variables: Variables | None = None


@dataclass(slots=True)
class Inputs:
    """
    What there is to load.

    Attributes:
        models: The data models, in the order of the paths.
        instances: Files of instances.
    """

    models: list[Model] = field(default_factory=list)
    instances: list[InstanceFile] = field(default_factory=list)


def find_inputs(paths: Iterable[Path]) -> Inputs:
    """
    Find out what files and folders hold.

    Raises:
        ConfigError: A file is missing, cannot be read, or is of no known kind; or a folder holds nothing.
        ModelError: A data model has the wrong shape.
        MissingExtraError: A package is missing that reads such a file.
    """
    inputs = Inputs()
    for path in paths:
        before = len(inputs.models), len(inputs.instances)
        if path.is_dir():
            _add_folder(inputs, path)
            if before == (len(inputs.models), len(inputs.instances)):
                raise ConfigError("is a folder, but holds neither data models nor instances", key=str(path))
        else:
            _add_file(inputs, path)
    return inputs


def _add_folder(inputs: Inputs, folder: Path) -> None:
    files = sorted(_files(folder))
    is_toolkit = any(kind_of(file) in _DEFINING for file in files)
    variables = Variables.of(folder, tuple(files)) if is_toolkit else None
    told = {*_DEFINING, VARIABLES, *([GRAPHQL] if any(kind_of(file) == SCHEMA for file in files) else ())}
    for file in files:
        kind = kind_of(file)
        if kind in told or file.name.lower().endswith(_CLASSIC):
            continue
        if file.suffix.lower() in _DATA_SUFFIXES or file.suffix.lower() == ".csv" or is_graphql(file):
            _add_file(inputs, file, variables)
    if is_toolkit:  # last: it may build upon data models that lie in the folder in read form
        inputs.models.append(_written(read_folder(folder)))


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in names if not name.startswith("."))


def _add_file(inputs: Inputs, path: Path, variables: Variables | None = None) -> None:
    kind = kind_of(path)
    if kind in {"datamodel", SCHEMA}:
        inputs.models.append(_written(load_toolkit(path)))
    elif is_graphql(path):
        from pygen.sources.graphql_dml import load_graphql

        inputs.models.append(_written(load_graphql(path)))
    elif kind in {"node", "edge"} or path.suffix.lower() == ".csv":
        if not path.is_file():
            raise ConfigError("no such file", key=str(path))
        inputs.instances.append(InstanceFile(path, variables))
    else:
        _add_documents(inputs, path, variables)


def _add_documents(inputs: Inputs, path: Path, variables: Variables | None) -> None:
    """JSON or YAML of any name: its objects tell what they are."""
    items = load_items(path)
    if any("views" in item for item in items):
        inputs.models += [_read(item, path) for item in items]
    elif items and all(_is_container(item) for item in items):
        if not _stands_beside_model(path):
            containers = read_containers(items, place=str(path))
            found = [Definition(container_item(each), str(path)) for each in containers]
            inputs.models.append(Model(str(path), containers=found))
    else:
        inputs.instances.append(InstanceFile(path, variables))


def _is_container(item: Json) -> bool:
    properties = item.get("properties")
    return (
        "version" not in item
        and "instanceType" not in item
        and isinstance(properties, dict)
        and bool(properties)
        and all(isinstance(prop, dict) and isinstance(prop.get("type"), dict) for prop in properties.values())
    )


def _stands_beside_model(path: Path) -> bool:
    """Whether a model of the same name is read together with these containers."""
    stem = path.stem.removesuffix(".containers")
    return stem != path.stem and any(path.with_name(stem + suffix).is_file() for suffix in _DATA_SUFFIXES)


# --- as they are written ---


def _read(raw: Json, path: Path) -> Model:
    """A data model in the API's read form, with the containers beside it."""
    place = str(path)
    model = read_wire(DataModel, raw, place)
    views = [view for view in model.views if not isinstance(view, ViewReference)]
    beside = str(source_files(path)[-1])
    containers = read_containers(load_raw_containers(path), place=beside)
    by_id = {view.as_id(): view for view in views}
    found = Model(
        place,
        containers=[Definition(container_item(container), beside) for container in containers],
        derived=[Definition(item, place) for item in derive_containers(views)],
        views=[Definition(view_item(view, own_properties(view, by_id)), place) for view in views],
        data_models=[Definition(model_item(model), place)],
    )
    everything: list[DataModel | View | Container] = [model, *views, *containers]
    found.system_spaces = {each.space for each in everything if each.is_global}
    return found


def _written(definitions: Definitions) -> Model:
    """What a folder of the toolkit or a GraphQL schema defines; references get the `type` that bodies must say."""
    known = {tuple(view[key] for key in _VIEW_KEYS) for view in definitions.read_views}
    assumed = [each for each in definitions.assumed_views if tuple(each.body[key] for key in _VIEW_KEYS) not in known]
    views = [(each, read_wire(View, each.body, each.place)) for each in [*definitions.views, *assumed]]
    models = [(each, read_wire(DataModel, each.body, each.place)) for each in definitions.data_models]
    inline = [(each, view) for each, model in models for view in model.views if not isinstance(view, ViewReference)]
    return Model(
        definitions.place,
        spaces=[
            Definition(_space_item(read_wire(Space, each.body, each.place)), each.place) for each in definitions.spaces
        ],
        containers=[
            Definition(container_item(read_wire(Container, each.body, each.place)), each.place)
            for each in definitions.containers
        ],
        derived=[
            Definition(container_item(read_wire(Container, each.body, each.place)), each.place)
            for each in definitions.assumed_containers
        ],
        views=[Definition(view_item(view, view.properties), each.place) for each, view in [*views, *inline]],
        data_models=[Definition(model_item(model), each.place) for each, model in models],
    )


def _space_item(space: Space) -> Json:
    item: Json = space.model_dump(include={"space", "name", "description"}, exclude_none=True)
    return item
