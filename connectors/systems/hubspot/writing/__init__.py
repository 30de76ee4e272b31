"""Writing records: batch upserts, one outcome each, links between them."""
