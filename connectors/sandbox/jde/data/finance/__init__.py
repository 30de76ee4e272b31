"""Tables of money: vouchers, payments, receipts, the general ledger, batch input."""
