"""e.net: sessions, business objects, REST and SOAP in front of them."""
