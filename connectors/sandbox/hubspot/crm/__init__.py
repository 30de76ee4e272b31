"""The state of one portal and its rules; knows nothing of HTTP."""
