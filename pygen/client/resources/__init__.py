"""One module per kind of resource of the Data Modeling Service."""
