"""Setup documents of e.net, and what their answers mean."""
