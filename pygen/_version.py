"""The version of pygen-cdf, stated once."""

__version__ = "0.1.0"
