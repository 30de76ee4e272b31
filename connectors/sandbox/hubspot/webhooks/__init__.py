"""What the stand-in tells by itself: webhooks to an address, and the journal."""
