"""The address book and master tables, with the columns a connector may ask for."""

from __future__ import annotations

from connectors.sandbox.jde.data.columns import TableDefinition, table

AUDIT = """
USER C10 User ID
PID C10 Program ID
JOBN C10 Work Stn ID
UPMJ D Date Updated
UPMT T Time Last Updated
"""

F0101 = table(
    "F0101",
    "Address Book Master",
    "AN8",
    """
AN8 N8 Address Number
ALKY C20 Long Address Number
TAX C20 Tax ID
ALPH C40 Alpha Name
DC C40 Description Compressed
MCU R12 Business Unit
SIC C10 Industry Class
LNGP C2 Lang Pref
AT1 C3 Sch Typ
CM C2 Credit Message
TAXC C1 Person/Corp
ATP C1 Payables Y/N/M
ATR C1 Receivables Y/N
ATPR C1 User Code
ATE C1 Employee Y/N
EFTB D Date Effective
AN81..86 N8 Address Number
AC01..30 C3 Cat Code
ALP1 C40 Secondary Alpha Name
RMK C30 Remark
DUNS C13 DUNS Number
CAAD N8 Server ID
"""
    + AUDIT.lstrip(),
    indexes="UPMJ ALKY",
)

F0111 = table(
    "F0111",
    "Address Book - Who's Who",
    "AN8 IDLN",
    """
AN8 N8 Address Number
IDLN N5 Line ID
DSS5 N5 Display Seq
MLNM C40 Mailing Name
ATTL C40 Contact Title
REM1 C40 Remark Line 1
SLNM C40 Salutation Name
ALPH C40 Alpha Name
DC C40 Description Compressed
GNNM C25 Given Name
MDNM C25 Middle Name
SRNM C25 Surname
TYC C1 Type Code
W001..10 C3 Who's Who Cat Code
"""
    + AUDIT.lstrip(),
    indexes="UPMJ",
)

F0115 = table(
    "F0115",
    "Address Book - Phone Numbers",
    "AN8 IDLN RCK7 CNLN",
    """
AN8 N8 Address Number
IDLN N5 Line ID
RCK7 N5 Line Number
CNLN N5 Related Person ID
PHTP C4 Phone Type
AR1 C6 Prefix
PH1 C20 Phone Number
"""
    + AUDIT.lstrip(),
    indexes="UPMJ",
)

F01151 = table(
    "F01151",
    "Electronic Address",
    "AN8 IDLN RCK7",
    """
AN8 N8 Address Number
IDLN N5 Line ID
RCK7 N5 Line Number
ETP C4 Elec Addr Type
EMAL C256 Electronic Address
"""
    + AUDIT.lstrip(),
    indexes="UPMJ",
)

F0116 = table(
    "F0116",
    "Address by Date",
    "AN8 EFTB",
    """
AN8 N8 Address Number
EFTB D Date Effective
EFTF C1 Effective Date Flag
ADD1 C40 Address Line 1
ADD2 C40 Address Line 2
ADD3 C40 Address Line 3
ADD4 C40 Address Line 4
ADDZ C12 Postal Code
CTY1 C25 City
COUN C25 County
ADDS C3 St
CTR C3 Ctry
"""
    + AUDIT.lstrip(),
    indexes="UPMJ",
)

CUSTOMER_COLUMNS = """
ARC C4 G/L Offset
MCUR R12 Default Business Unit
CRCD C3 Cur Cod
TXA1 C10 Tax Rate/Area
EXR1 C2 Tax Expl
ACL N15 Credit Limit
HDAR C1 Hold Invoices
TRAR C3 Payment Terms
STTO C1 Send Statement To
RYIN C1 Pymt Inst
ARPY N8 Alternate Payor
CMGR C10 Credit Manager
AFC C1 Apply F/C
BO C1 Backorders Allowed
HOLD C2 Hold Orders
"""

F03012 = table(
    "F03012",
    "Customer Master by Line of Business",
    "AN8 CO",
    "AN8 N8 Address Number\nCO Z5 Company\n"
    + CUSTOMER_COLUMNS.lstrip()
    + AUDIT.lstrip(),
    indexes="UPMJ",
)

F0301 = table(
    "F0301",
    "Customer Master",
    "AN8",
    "AN8 N8 Address Number\n" + CUSTOMER_COLUMNS.lstrip() + AUDIT.lstrip(),
    indexes="UPMJ",
)

F0401 = table(
    "F0401",
    "Supplier Master",
    "AN8",
    """
AN8 N8 Address Number
APC C4 G/L Offset
MCUP R12 Default A/P Business Unit
TRAP C3 Payment Terms
CRRP C3 A/P Currency
TXA2 C10 Tax Rate/Area 2
PYIN C1 Pymt Inst
HDPY C1 Hold Pymt
SNTO N8 Factor Address
"""
    + AUDIT.lstrip(),
    indexes="UPMJ",
)

ADDRESS_TABLES: tuple[TableDefinition, ...] = (
    F0101,
    F0111,
    F0115,
    F01151,
    F0116,
    F03012,
    F0301,
    F0401,
)
