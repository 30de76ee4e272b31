"""What a person and a monitor see: stories, health, metrics, counts, alerts."""
