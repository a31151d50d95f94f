"""
Setting a project up: what is there, what was chosen, and the texts of the files that follow from both.

`look_around` reads, `propose` thinks, and neither writes. `pygen init` shows what comes out, asks about conflicts, and
writes.
"""

from __future__ import annotations

from pygen.project.setup.choices import Choices, Conflict
from pygen.project.setup.plan import Proposal, check_output, default_model, default_output, propose
from pygen.project.setup.steps import missing_programs, next_steps
from pygen.project.setup.surroundings import Backend, Manager, Surroundings, look_around

__all__ = [
    "Backend",
    "Choices",
    "Conflict",
    "Manager",
    "Proposal",
    "Surroundings",
    "check_output",
    "default_model",
    "default_output",
    "look_around",
    "missing_programs",
    "next_steps",
    "propose",
]
