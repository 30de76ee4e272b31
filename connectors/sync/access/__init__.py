"""Who lets a connection in: stored credentials, a person's consent, needed rights."""
