"""What every stand-in shares: server, control surface, faults, log, clock."""
