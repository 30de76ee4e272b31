"""The orchestrations a customer is asked to build, with their inputs in order.

Dates are `yyyy-MM-dd`. Amounts are text (or JSON numbers) with a point and at most
two decimals. A column that an input fills is in brackets; its size is a limit, and
a value that is longer is refused, never cut. An input that is not sent leaves its
column as it is; one that is sent empty clears it. Names are case-sensitive.

Every orchestration answers `Result` (CREATED, UPDATED, DUPLICATE, LOADED, SUBMITTED
or REJECTED), `Messages` (objects with Severity, Code, Text, Field), `CorrelationId`
and the `jde__*` members. Documents add `DocumentCompany`, `DocumentType`,
`DocumentNumber`, `BatchType`, `BatchNumber` and `PaymentId`; the others
what their `outputs` name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connectors.sandbox.jde.orchestrator.inputs import Input, InputList, declare

_CALL = "CorrelationId! text 40 Identifies the call; handed back.\n"
_SPLIT = """
Amount! amount 15 Invoice and voucher: as on the document; journal: debit +, credit -.
Account text 8 Account id [AID]; or the next three.
BusinessUnit text 12 [MCU]
ObjectAccount text 6 [OBJ]
Subsidiary text 8 [SUB]
Explanation text 30 [F0911.EXA]
"""
_SUBLEDGER = """
Subledger text 8 [F0911.SBL], together with its type.
SubledgerType text 1 [F0911.SBLT], such as A for an address number.
"""
_MATCH = """
DocumentNumber! number 8 [DOC] of the open document.
DocumentType! text 2 [DCT]
DocumentCompany! text 5 [KCO]
PayItem text 3 [SFX], 001 if not sent.
Amount! amount 15 [PAAP]
"""
_MONEY = """
GLDate date 10 [DGJ], the document's date if not sent.
DueDate date 10 [DDJ], by payment terms if not sent.
GrossAmount! amount 15 [AG], the sum of Lines; negative is a credit memo.
Currency text 3 [CRCD], the company's if not sent.
ExchangeRate rate 15 Needed for a foreign currency: domestic = foreign x rate.
PaymentTerms text 3 [PTC], those of the address if not sent.
BusinessUnit text 12 [MCU]
Remark text 30 [RMK]
PurchaseOrder text 8 [PO]
"""
_REACH = """
PhonePrefix text 6 [F0115.AR1]
Phone text 20 Business phone [F0115.PH1]
Email text 256 [F01151.EMAL], type E
ExpectedUpdated text 14 Newest UPMJ+UPMT read (YYYYMMDDHHMMSS); newer is refused.
"""


@dataclass(frozen=True, slots=True)
class Orchestration:
    """One name with its inputs; `step` is what its form request is called."""

    name: str
    step: str
    inputs: tuple[Input, ...]
    lists: tuple[InputList, ...] = ()
    outputs: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """The input table, for the control surface."""
        lists = {one.name: _rows(one.inputs) for one in self.lists}
        return {"inputs": _rows(self.inputs), "lists": lists, "outputs": self.outputs}


def _rows(inputs: tuple[Input, ...]) -> list[dict[str, Any]]:
    names = ("name", "kind", "size", "required", "note")
    return [{name: getattr(one, name) for name in names} for one in inputs]


def _one(
    name: str, step: str, text: str, lines: str = "", *, optional: bool = False
) -> Orchestration:
    lists = (InputList("Lines", not optional, declare(lines)),) if lines else ()
    return Orchestration(name, step, declare(_CALL + text.strip()), lists)


DOCUMENTS = (
    _one(
        "MLC_AddInvoice",
        "P03B11 Enter Invoice",
        """
CustomerNumber! number 8 [AN8], in F03012 for the company or for 00000.
Company! text 5 [CO, KCO]
InvoiceDate! date 10 [DIVJ]
Reference text 25 Our id [VR01]; not checked for duplicates.
"""
        + _MONEY.lstrip(),
        _SPLIT,
    ),
    _one(
        "MLC_AddVoucher",
        "P0411 Enter Voucher",
        """
SupplierNumber! number 8 [AN8], in F0401.
Company! text 5 [CO, KCO]
InvoiceDate! date 10 [DIVJ]
SupplierInvoice text 25 [VINV]; the server may warn of or refuse a duplicate.
"""
        + _MONEY.lstrip(),
        _SPLIT,
    ),
    _one(
        "MLC_AddReceipt",
        "P03B102 Enter Receipt",
        """
CustomerNumber! number 8 [AN8]
Company! text 5 [CO]
ReceiptNumber text 25 [F03B13.CKNU]; not checked for duplicates.
ReceiptDate! date 10 [DMTJ]
GLDate date 10 [DGJ], the receipt's date if not sent.
Amount! amount 15 [CKAM]; what Lines leave over stays as an unapplied receipt (RU).
BankAccount text 8 [GLBA], the company's bank if not sent.
Remark text 30 [EXR]
""",
        _MATCH,
        optional=True,
    ),
    _one(
        "MLC_AddPayment",
        "P0413M Enter Payment",
        """
SupplierNumber! number 8 [PYE]
Company! text 5 [CO]
PaymentNumber number 8 [F0413.DOCM], the next of the bank if not sent; never twice.
PaymentDate! date 10 [DMTJ]
GLDate date 10 [DGJ], the payment's date if not sent.
Amount! amount 15 [PAAP], the sum of Lines.
BankAccount text 8 [GLBA], the company's bank if not sent.
Reference text 30 Our id [F0414.RMK]; not checked for duplicates.
Remark text 30 [F0911.EXA]
""",
        _MATCH,
    ),
    _one(
        "MLC_AddJournal",
        "P0911 Enter Journal",
        """
Company! text 5 [CO, KCO]
GLDate! date 10 [DGJ]
Reference text 30 Our id [F0911.EXR]; not checked for duplicates.
""",
        _SPLIT + _SUBLEDGER.lstrip(),
    ),
)
REFERENCE_DATA = (
    Orchestration(
        "MLC_UpsertCustomer",
        "P03013 Customer Master",
        declare(
            _CALL
            + """CustomerNumber number 8 [AN8]; without it LongAddressNumber finds one.
LongAddressNumber text 20 Our id [F0101.ALKY]; unique. Known: changed, else created.
Name text 40 [F0101.ALPH, F0111.MLNM]; needed for a new customer.
TaxId text 20 [F0101.TAX]
BusinessUnit text 12 [F0101.MCU]
Industry text 10 [F0101.SIC]
ParentNumber number 8 [F0101.AN81]
Remark text 30 [F0101.RMK]
AddressLine1 text 40 [F0116.ADD1]
AddressLine2 text 40 [F0116.ADD2]
City text 25 [F0116.CTY1]
State text 3 [F0116.ADDS]
PostalCode text 12 [F0116.ADDZ]
Country text 3 [F0116.CTR]
Website text 256 [F01151.EMAL], type I
Company text 5 [F03012.CO], 00000 if not sent; a new row is made if it is missing.
CreditLimit number 15 [F03012.ACL], whole units.
PaymentTerms text 3 [F03012.TRAR]
Currency text 3 [F03012.CRCD]
HoldCode text 2 [F03012.HOLD]
"""
            + _REACH.lstrip()
        ),
        outputs=("CustomerNumber", "Updated"),
    ),
    Orchestration(
        "MLC_UpsertContact",
        "P0111 Who's Who",
        declare(
            _CALL
            + """CustomerNumber! number 8 [F0111.AN8]
ContactLine number 5 [F0111.IDLN]; without it a new person is added, always.
GivenName text 25 [GNNM]
MiddleName text 25 [MDNM]
Surname text 25 [SRNM]
Title text 40 [ATTL]
Reference text 40 Our id [REM1]; not checked for duplicates.
MobilePrefix text 6 [F0115.AR1], type CAR
Mobile text 20 [F0115.PH1], type CAR
"""
            + _REACH.lstrip()
        ),
        outputs=("CustomerNumber", "ContactLine", "Updated"),
    ),
    Orchestration(
        "MLC_UpsertItem",
        "P4101 Item Master",
        declare(
            _CALL
            + """ItemNumber number 8 [ITM]; without it SecondItemNumber finds one.
SecondItemNumber text 25 [LITM]
ThirdItemNumber text 25 [AITM]
Description1 text 30 [DSC1]; needed for a new item.
Description2 text 30 [DSC2]
SearchText text 30 [SRTX]
UnitOfMeasure text 2 [UOM1]
StockingType text 1 [STKT]: P, M, S, O or N.
LineType text 2 [LNTY]
GLClass text 4 [GLPT]
UPC text 13 [UPCN]
"""
        ),
        outputs=("ItemNumber",),
    ),
    Orchestration(
        "MLC_UpsertAccount",
        "P0901 Account Master",
        declare(
            _CALL
            + """BusinessUnit! text 12 [MCU]
ObjectAccount! text 6 [OBJ]
Subsidiary text 8 [SUB]
Description text 30 [DL01]; needed for a new account.
ThirdAccountNumber text 25 [ANS]
LevelOfDetail text 1 [LDA]
PostingEdit text 1 [PEC]: empty, N, I, M or B.
"""
        ),
        outputs=("AccountId",),
    ),
)
BATCH = (
    Orchestration(
        "MLC_LoadZ",
        "Insert Z rows",
        declare(_CALL + "Table! text 10 F0411Z1, F03B11Z1, F0911Z1 or F03B13Z1.\n"),
        (InputList("Rows", required=True, inputs=()),),
        ("RowsLoaded",),
    ),
    Orchestration(
        "MLC_RunBatch",
        "Run batch program",
        declare(
            _CALL
            + """Report! text 10 R04110ZA, R03B11Z1A, R09110Z, R03B13Z1 or R09801.
Version! text 10 XJDE0001 final, XJDE0002 proof.
UserId text 10 Only rows of this EDUS.
Batch text 15 Only rows of this EDBT (R09801: of this ICU).
"""
        ),
        outputs=("JobNumber", "ExecutionServer", "JobStatus"),
    ),
)
ORCHESTRATIONS: dict[str, Orchestration] = {
    one.name: one for one in (*DOCUMENTS, *REFERENCE_DATA, *BATCH)
}
