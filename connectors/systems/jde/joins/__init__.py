"""Tables joined into the business records they are."""
