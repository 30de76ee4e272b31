"""The data service's query language, from request to selected rows."""
