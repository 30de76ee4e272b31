"""How QAD is spoken to: log-in, REST, SOAP."""
