"""The OData site: read-only tables."""
