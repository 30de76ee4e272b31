"""SYSPRO: read by OData, written by e.net business objects."""
