"""The revision of the Python target's output, in a module that costs nothing to import."""

__all__ = ["OUTPUT_REVISION"]

OUTPUT_REVISION = 2
"""Counts up with every change that gives other bytes for the same model; part of the lock's recipe."""
