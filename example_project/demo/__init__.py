"""A wind farm on one's own machine: data, and a stand-in for the service that keeps it."""
