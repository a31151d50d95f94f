"""Arguments in, output and exit code out."""
