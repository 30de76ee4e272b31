"""The HubSpot stand-in: CRM objects, properties, associations, search, limits."""
