"""The demo: sandbox, worker and console in one go, in a folder of its own."""
