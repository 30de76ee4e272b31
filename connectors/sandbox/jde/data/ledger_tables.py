"""Organisation, code, item and ledger tables."""

from __future__ import annotations

from connectors.sandbox.jde.data.address_tables import AUDIT
from connectors.sandbox.jde.data.columns import TableDefinition, table

F0005 = table(
    "F0005",
    "User Defined Code Values",
    "SY RT KY",
    """
SY C4 Prod Code
RT C2 UD Cod
KY R10 User Defined Code
DL01 C30 Description
DL02 C30 Description 02
SPHD C10 Special Handling
"""
    + AUDIT.lstrip(),
)

F0006 = table(
    "F0006",
    "Business Unit Master",
    "MCU",
    """
MCU R12 Business Unit
STYL C2 BU Typ
CO Z5 Company
DL01 C30 Description
PECC C1 Posting Edit
"""
    + AUDIT.lstrip(),
)

F0010 = table(
    "F0010",
    "Company Constants",
    "CO",
    """
CO Z5 Company
NAME C30 Name
CRCD C3 Cur Cod
PNC N2 Current Period
DFYJ D Date Fiscal Year Begins
""",
)

F0014 = table(
    "F0014",
    "Payment Terms",
    "PTC",
    """
PTC C3 Payment Terms
PTD C30 Payment Terms Description
NDTP N3 Net Days to Pay
"""
    + AUDIT.lstrip(),
)

F0901 = table(
    "F0901",
    "Account Master",
    "AID",
    """
AID C8 Account ID
CO Z5 Company
MCU R12 Business Unit
OBJ C6 Obj Acct
SUB C8 Sub
ANS C25 3rd Acct No
DL01 C30 Description
LDA C1 LOD
PEC C1 Posting Edit
"""
    + AUDIT.lstrip(),
    indexes="UPMJ",
)

F4101 = table(
    "F4101",
    "Item Master",
    "ITM",
    """
ITM N8 Short Item No
LITM C25 2nd Item Number
AITM C25 3rd Item Number
DSC1 C30 Description
DSC2 C30 Description Line 2
SRTX C30 Search Text
UOM1 C2 UM
STKT C1 St Type
LNTY C2 Ln Ty
GLPT C4 G/L Cat
SRP1..9 C3 Sales Catalog
SRP0 C6 Sales Cat Code 10
PRP1..9 C3 Commodity
PRP0 C6 Purch Cat Code 10
UPCN C13 UPC Number
URAT A15.2 User Rsrv Amount
USER C10 User ID
PID C10 Program ID
JOBN C10 Work Stn ID
UPMJ D Date Updated
TDAY T Time of Day
""",
    indexes="UPMJ LITM",
)

F03B11 = table(
    "F03B11",
    "Customer Ledger",
    "DOC DCT KCO SFX",
    """
DOC N8 Document Number
DCT C2 Doc Ty
KCO Z5 Doc Co
SFX C3 Pay Itm
AN8 N8 Address Number
CO Z5 Company
DGJ D G/L Date
DIVJ D Invoice Date
DDJ D Due Date
ICUT C2 Bat Ty
ICU N8 Batch Number
DICJ D Batch Date
FY N2 Fis Yr
CTRY N2 Century
PN N2 Per No
GLC C4 G/L Offset
AID C8 Account ID
PA8 N8 Parent Number
AN8J N8 Alternate Payor
PYR N8 Payor Address Number
POST C1 P C
ISTR C1 Invoice Status
BALJ C1 Balanced JE
PST C1 P S
AG A15.2 Gross Amount
AAP A15.2 Open Amount
ADSC A15.2 Discount Available
ADSA A15.2 Discount Taken
ATXA A15.2 Taxable Amount
ATXN A15.2 Non-Taxable Amount
STAM A15.2 Tax
CRRM C1 Cur Mode
CRCD C3 Cur Cod
ACR A15.2 Currency Amount
FAP A15.2 Foreign Open
MCU R12 Business Unit
OBJ C6 Obj Acct
SUB C8 Sub
PTC C3 Payment Terms
PO C8 Purchase Order
VINV C25 Supplier Invoice Number
VR01 C25 Reference
RMK C30 Remark
DOCO N8 Order Number
SDOC N8 Sales Document
JCL D Date Closed
"""
    + AUDIT.lstrip(),
    indexes="UPMJ AN8",
)

LEDGER_TABLES: tuple[TableDefinition, ...] = (
    F0005,
    F0006,
    F0010,
    F0014,
    F0901,
    F4101,
    F03B11,
)
