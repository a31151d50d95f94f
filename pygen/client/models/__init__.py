"""Wire models of the Data Modeling Service."""
