"""How to speak the Data Modeling Service: HTTP, authentication, paging, wire models. Knows no generated type."""
