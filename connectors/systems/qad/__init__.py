"""The QAD connector."""
