"""
pygen makes a Cognite Data Fusion data model part of a project's build.

This package stays nearly empty on purpose: `import pygen.runtime` in production and `pygen check` in a hook pay for
nothing that they do not use. Import from the rooms: `pygen.runtime`, `pygen.client`, `pygen.project`, ...
"""

from pygen._version import __version__

__all__ = ["__version__"]
