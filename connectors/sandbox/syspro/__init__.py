"""SYSPRO: e.net over REST and SOAP, OData, one company."""
