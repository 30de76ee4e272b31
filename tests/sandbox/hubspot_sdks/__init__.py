"""HubSpot's own SDKs as judges of the stand-in: what they cannot read is wrong."""
