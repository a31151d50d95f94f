"""The files of the package as a whole: names only, so that no text of a view changes them."""

from __future__ import annotations

from pygen.generation.base import TargetOptions
from pygen.generation.escaping import Code, py_str
from pygen.generation.python.contexts import ApiAttribute, ClientFile, InitFile, PackageFiles
from pygen.generation.python.layout import Group, assignment, from_import, natural, statement
from pygen.generation.python.planning import SdkPlan
from pygen.generation.python.sdk_names import ClassNames
from pygen.ir.models import IRModel

__all__ = ["CONTRACT", "build_package_files"]

CONTRACT = 2
"""What generated code expects of `pygen.runtime`; a test keeps it equal to the runtime's."""


def build_package_files(model: IRModel, plan: SdkPlan, options: TargetOptions) -> PackageFiles:
    """Build the contexts of `__init__.py` and `_client.py`."""
    views = sorted(plan.classes.values(), key=lambda names: natural(names.module))
    return PackageFiles(
        init=_init_file(model, plan, options, views),
        client=_client_file(model, plan, views),
    )


def _client_file(model: IRModel, plan: SdkPlan, views: list[ClassNames]) -> ClientFile:
    use = _Runtime(plan)
    sync_base, async_base = use("SdkClient"), use("AsyncSdkClient")
    api = use("Api") if views else ""
    return ClientFile(
        model=str(model.id),
        client_header=statement("", Group(f"class {plan.client}", (sync_base,)), ":"),
        async_client_header=statement("", Group(f"class {plan.async_client}", (async_base,)), ":"),
        apis=tuple(
            ApiAttribute(
                assignment(names.module, Group(api, (py_str(names.module),), subscript=(f'"{names.api}"',))),
                assignment(names.module, Group(api, (py_str(names.module),), subscript=(f'"{names.async_api}"',))),
            )
            for names in views
        ),
        runtime_import=use.statement(),
        type_imports=tuple(from_import(f".{names.module}", [names.async_api, names.api], indent=4) for names in views),
    )


def _init_file(model: IRModel, plan: SdkPlan, options: TargetOptions, views: list[ClassNames]) -> InitFile:
    use = _Runtime(plan)
    model_info, data_model, lazy_package = use("ModelInfo"), use("DataModelId"), use("lazy_package")
    identity = tuple(py_str(part) for part in (model.id.space, model.id.external_id, model.id.version))
    info: list[str | Group] = [Group(f"data_model={data_model}", identity), f"contract={CONTRACT}"]
    if options.instance_space is not None:
        info.append(f"instance_space={py_str(options.instance_space)}")
    modules: list[tuple[str, list[str]]] = [("_client", sorted([plan.async_client, plan.client]))]
    modules += [(names.module, _exports(names)) for names in views]
    return InitFile(
        model=str(model.id),
        text=_text(model),
        model_info=Code(model_info),
        lazy_package=Code(lazy_package),
        runtime_import=use.statement(),
        info=tuple(statement("", item, ",", indent=4) for item in info),
        type_imports=tuple(from_import(f".{module}", names, indent=4) for module, names in modules),
        exports=tuple(py_str(name) for name in sorted(name for _, names in modules for name in names)),
        modules=tuple(
            statement(f"{py_str(module)}: ", Group("", tuple(py_str(name) for name in names)), ",", indent=12)
            for module, names in modules
        ),
    )


def _exports(names: ClassNames) -> list[str]:
    every = [names.read, names.filters, names.api, names.async_api]
    return sorted([*every, names.write] if names.has_write else every)


def _text(model: IRModel) -> str:
    text = f"Typed access to the data model {model.id}."
    description = (model.description or "").strip()
    return f"{text}\n\n{description}" if description else text


class _Runtime:
    """The imports from the runtime; a name that a class of the user has is imported with an underscore."""

    def __init__(self, plan: SdkPlan) -> None:
        self._users = {plan.client, plan.async_client}
        for names in plan.classes.values():
            self._users.update((names.read, names.write, names.filters, names.api, names.async_api))
        self._used: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        self._used[name] = f"_{name}" if name in self._users else name
        return self._used[name]

    def statement(self) -> Code:
        return from_import(
            "pygen.runtime", [name if name == alias else f"{name} as {alias}" for name, alias in self._used.items()]
        )
