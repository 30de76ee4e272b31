"""HubSpot's OAuth server: the page that asks, codes, tokens."""
