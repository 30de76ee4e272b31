"""What the engine keeps about the accounts it works with."""
