"""Tables as records: customers, contacts, invoices, codes."""
