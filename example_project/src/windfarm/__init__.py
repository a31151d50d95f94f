"""Reports on wind farms."""
