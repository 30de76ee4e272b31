"""What the stand-in stores: table definitions, rows with their indexes, seeding."""
