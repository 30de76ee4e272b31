"""The posting service: every way into the ledgers goes through here."""
