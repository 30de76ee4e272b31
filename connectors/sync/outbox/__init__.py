"""The outbox: claims, decisions, what became of records, and how they are stored."""
