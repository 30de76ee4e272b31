"""What HubSpot tells by itself: webhooks and the journal."""
