"""Takes what a source shows into the outbox."""
