"""Enterprise Edition: QXtend inbound, its QDocs and the queries of a site."""
