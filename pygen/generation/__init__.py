"""How a language says a data model."""
