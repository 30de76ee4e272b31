"""What goes over the wire: session, data service, queries, rows."""
