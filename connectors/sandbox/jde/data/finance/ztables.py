"""Batch input: what other programs leave for a batch program to enter."""

from __future__ import annotations

from connectors.sandbox.jde.data.address_tables import AUDIT
from connectors.sandbox.jde.data.columns import TableDefinition, table

KEY = "EDUS EDBT EDTN EDLN"
_HEAD = """
EDUS C10 User ID
EDBT C15 Batch Number
EDTN C22 Transaction Number
EDLN N7 Line Number
EDSP C1 Processed
EDTC C1 Transaction Action
EDTR C1 Transaction Type
DOC N8 Document Number
DCT C2 Doc Ty
KCO Z5 Doc Co
ICU N8 Batch Number
AN8 N8 Address Number
CO Z5 Company
DGJ D G/L Date
CRCD C3 Cur Cod
"""

F0411Z1 = table(
    "F0411Z1",
    "Voucher Transactions - Batch File",
    KEY,
    _HEAD
    + """DIVJ D Invoice Date
DDJ D Due Date
AG A15.2 Gross Amount
VINV C25 Supplier Invoice Number
MCU R12 Business Unit
PTC C3 Payment Terms
RMK C30 Remark
PO C8 Purchase Order
"""
    + AUDIT.lstrip(),
)

F03B11Z1 = table(
    "F03B11Z1",
    "Invoice Transactions - Batch File",
    KEY,
    _HEAD
    + """DIVJ D Invoice Date
DDJ D Due Date
AG A15.2 Gross Amount
VR01 C25 Reference
MCU R12 Business Unit
PTC C3 Payment Terms
RMK C30 Remark
"""
    + AUDIT.lstrip(),
)

F0911Z1 = table(
    "F0911Z1",
    "Journal Entry Transactions - Batch File",
    KEY,
    _HEAD
    + """AID C8 Account ID
MCU R12 Business Unit
OBJ C6 Obj Acct
SUB C8 Sub
LT C2 LT
AA A15.2 Amount
EXA C30 Explanation Alpha Name
EXR C30 Explanation Remark
"""
    + AUDIT.lstrip(),
)

F03B13Z1 = table(
    "F03B13Z1",
    "Receipts - Batch File",
    KEY,
    _HEAD
    + """CKNU C25 Receipt Number
CKAM A15.2 Receipt Amount
DMTJ D Receipt Date
AID C8 Bank Account
ADOC N8 Applied Document Number
ADCT C2 Applied Doc Ty
AKCO Z5 Applied Doc Co
ASFX C3 Applied Pay Itm
PAAP A15.2 Payment Amount
RMK C30 Remark
"""
    + AUDIT.lstrip(),
)

Z_TABLES: tuple[TableDefinition, ...] = (F0411Z1, F03B11Z1, F0911Z1, F03B13Z1)
