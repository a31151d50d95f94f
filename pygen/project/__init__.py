"""A user's project: configuration, lock, fingerprints, the pipeline, writing."""
