"""The ways into JD Edwards: orchestrations, the voucher form, batch input."""
