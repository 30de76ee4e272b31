"""How HubSpot is spoken to: addresses, answers, error bodies, statuses."""
