"""The same work done by us and by peers, in turn, before one stand-in."""
