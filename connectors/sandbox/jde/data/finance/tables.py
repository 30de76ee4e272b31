"""Payables, receipts, payments, the general ledger and its batches."""

from __future__ import annotations

from connectors.sandbox.jde.data.address_tables import AUDIT
from connectors.sandbox.jde.data.columns import TableDefinition, table

F0011 = table(
    "F0011",
    "Batch Control Records",
    "ICUT ICU",
    """
ICUT C2 Bat Ty
ICU N8 Batch Number
IST C1 Batch Status
IAPP C1 Approved
AICU A15.2 Batch Total
DICJ D Batch Date
"""
    + AUDIT.lstrip(),
    indexes="UPMJ",
)

F0411 = table(
    "F0411",
    "Accounts Payable Ledger",
    "DOC DCT KCO SFX SFXE",
    """
DOC N8 Document Number
DCT C2 Doc Ty
KCO Z5 Doc Co
SFX C3 Pay Itm
SFXE N2 Pay Itm Ext
AN8 N8 Address Number
PYE N8 Payee Address Number
SNTO N8 Factor Address
DIVJ D Invoice Date
DSVJ D Service Date
DDJ D Due Date
DDNJ D Net Due Date
DGJ D G/L Date
FY N2 Fis Yr
CTRY N2 Century
PN N2 Per No
CO Z5 Company
ICU N8 Batch Number
ICUT C2 Bat Ty
DICJ D Batch Date
POST C1 P C
PST C1 P S
AG A15.2 Gross Amount
AAP A15.2 Open Amount
CRRM C1 Cur Mode
CRCD C3 Cur Cod
ACR A15.2 Currency Amount
FAP A15.2 Foreign Open
MCU R12 Business Unit
OBJ C6 Obj Acct
SUB C8 Sub
AID C8 Account ID
GLC C4 G/L Offset
PTC C3 Payment Terms
VINV C25 Supplier Invoice Number
PO C8 Purchase Order
PYIN C1 Pymt Inst
RMK C30 Remark
TORG C10 Transaction Originator
"""
    + AUDIT.lstrip(),
    indexes="UPMJ AN8",
)

F0413 = table(
    "F0413",
    "Accounts Payable - Matching Document",
    "PYID",
    """
PYID N15 Payment ID
DCTM C2 Matching Doc Ty
DOCM N8 Payment Number
PYE N8 Payee Address Number
GLBA C8 Bank Account
CO Z5 Company
DMTJ D Payment Date
VDGJ D Void Date
PAAP A15.2 Payment Amount
CRCD C3 Cur Cod
ICU N8 Batch Number
ICUT C2 Bat Ty
"""
    + AUDIT.lstrip(),
    indexes="UPMJ PYE",
)

F0414 = table(
    "F0414",
    "Accounts Payable - Matching Document Detail",
    "PYID RC5",
    """
PYID N15 Payment ID
RC5 N5 File Line
DCTM C2 Matching Doc Ty
DOC N8 Document Number
DCT C2 Doc Ty
KCO Z5 Doc Co
SFX C3 Pay Itm
SFXE N2 Pay Itm Ext
AN8 N8 Address Number
PAAP A15.2 Payment Amount
RMK C30 Remark
"""
    + AUDIT.lstrip(),
    indexes="UPMJ",
)

F03B13 = table(
    "F03B13",
    "Receipts Header",
    "PYID",
    """
PYID N15 Payment ID
CKNU C25 Receipt Number
AN8 N8 Address Number
PYR N8 Payor Address Number
CO Z5 Company
DMTJ D Receipt Date
DGJ D G/L Date
CKAM A15.2 Receipt Amount
CRCD C3 Cur Cod
GLBA C8 Bank Account
EXR C30 Explanation
POST C1 P C
ICUT C2 Bat Ty
ICU N8 Batch Number
"""
    + AUDIT.lstrip(),
    indexes="UPMJ AN8 CKNU",
)

F03B14 = table(
    "F03B14",
    "Receipts Detail",
    "PYID RC5",
    """
PYID N15 Payment ID
RC5 N5 File Line
CKNU C25 Receipt Number
DOC N8 Document Number
DCT C2 Doc Ty
KCO Z5 Doc Co
SFX C3 Pay Itm
AN8 N8 Address Number
CO Z5 Company
DGJ D G/L Date
PAAP A15.2 Payment Amount
"""
    + AUDIT.lstrip(),
    indexes="UPMJ",
)

F0911 = table(
    "F0911",
    "Account Ledger",
    "DCT DOC KCO DGJ JELN LT EXTL",
    """
DCT C2 Doc Ty
DOC N8 Document Number
KCO Z5 Doc Co
DGJ D G/L Date
JELN N7 Line Number
LT C2 LT
EXTL C2 Line Ext
POST C1 P C
ICU N8 Batch Number
ICUT C2 Bat Ty
DICJ D Batch Date
CO Z5 Company
ANI C29 Account Number
AM C1 Account Mode
AID C8 Account ID
MCU R12 Business Unit
OBJ C6 Obj Acct
SUB C8 Sub
SBL C8 Subledger
SBLT C1 Sub Type
PN N2 Per No
CTRY N2 Century
FY N2 Fis Yr
CRCD C3 Cur Cod
AA A15.2 Amount
U A15.2 Units
EXA C30 Explanation Alpha Name
EXR C30 Explanation Remark
R1 C8 Reference 1
R2 C8 Reference 2
AN8 N8 Address Number
"""
    + AUDIT.lstrip(),
    indexes="UPMJ EXR",
)

F0902 = table(
    "F0902",
    "Account Balances",
    "AID CTRY FY LT",
    """
AID C8 Account ID
CTRY N2 Century
FY N2 Fis Yr
LT C2 LT
CO Z5 Company
MCU R12 Business Unit
OBJ C6 Obj Acct
SUB C8 Sub
APYC A15.2 Beginning Balance
AN01..14 A15.2 Net Posting
"""
    + AUDIT.lstrip(),
)

FINANCE_TABLES: tuple[TableDefinition, ...] = (
    F0011,
    F0411,
    F0413,
    F0414,
    F03B13,
    F03B14,
    F0911,
    F0902,
)
DRAWN_UP = frozenset(one.name for one in FINANCE_TABLES)
"""The tables that seeding fills from the invoices and suppliers, when first asked."""
DRAWN_FROM = frozenset({"F03B11", "F0401", "F0901"})
"""What they are drawn up from: before a change there, they must be."""
