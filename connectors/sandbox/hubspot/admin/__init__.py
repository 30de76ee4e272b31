"""What an admin of the account has set up: custom objects, validation rules."""
