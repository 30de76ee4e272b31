"""Stand-in of the Application Interface Services server of JD Edwards 9.2."""
