"""The hatch plug-in: a thin adapter over `pygen.project`."""
