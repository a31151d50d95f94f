"""
What is wrong with a project's set-up, why that matters, and what to do.

Each check looks at one thing and writes nothing. docs/init.md lists them all by name.
"""

from __future__ import annotations

from pygen.project.doctor.diagnosis import Diagnosis, Level, Patient
from pygen.project.doctor.examining import examine, find_patient
from pygen.project.doctor.online import ask_cdf

__all__ = ["Diagnosis", "Level", "Patient", "ask_cdf", "examine", "find_patient"]
