"""The commands that there are, without loading one of them."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["COMMANDS", "COMMAND_GROUPS"]

COMMAND_GROUPS: Mapping[str, Mapping[str, str]] = {
    "every day": {
        "generate": "generate the SDKs of a project, or of one model file",
        "check": "tell whether generated code is fresh",
        "watch": "generate whenever a model, the configuration or templates change",
        "pull": "fetch the data model from CDF into the snapshot, and generate",
        "drift": "tell whether the data model in CDF is still that of the snapshot",
        "diff": "tell what changed between two data models, and what that breaks",
    },
    "the data model": {
        "show": "print a data model as a tree, or draw it",
        "explain": "explain a code, or a name of a generated SDK",
        "validate": "tell what is wrong with a data model",
    },
    "set-up": {
        "init": "set up a project",
        "doctor": "tell what is wrong with a project's set-up",
        "completion": "print the completion script of a shell",
    },
    "without CDF": {
        "sandbox": "run a Data Modeling Service on this machine",
        "mock": "make up instances of a data model",
    },
}
"""Heading -> name -> one line; each name is a module of this package with `add_arguments` and `run`."""

COMMANDS: Mapping[str, str] = {name: about for group in COMMAND_GROUPS.values() for name, about in group.items()}
"""Name -> one line."""
