"""Model files of every kind, read as wire models."""
