"""
What changed between two data models, by rule, and what that breaks.

Pure functions over plain models: no disk, no network. Where the two models come from is `revisions`' business.
"""

from pygen.project.diff.changes import Change, change_document
from pygen.project.diff.comparison import compare
from pygen.project.diff.rules import RULES, Category, ChangeSeverity, Effect, Rule, Section

__all__ = ["RULES", "Category", "Change", "ChangeSeverity", "Effect", "Rule", "Section", "change_document", "compare"]
