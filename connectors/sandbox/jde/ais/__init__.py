"""The wire: endpoints, paging and the forms of answers."""
