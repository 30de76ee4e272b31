"""Oracle JD Edwards EnterpriseOne, through its AIS Server."""
