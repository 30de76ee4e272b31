"""What goes over the wire: OData, e.net by REST and SOAP, XML."""
