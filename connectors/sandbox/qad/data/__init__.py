"""What the site holds: customers, suppliers, items and sales orders."""
