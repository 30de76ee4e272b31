"""What all processes share through the engine: budgets, credentials."""
