"""How HubSpot lets us in: tokens, OAuth, accounts, scopes."""
