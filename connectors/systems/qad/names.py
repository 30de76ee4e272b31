"""What QAD calls things, in both editions, and the keys made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record: where its key stands, and in what part of QAD it lives.

    `role` stands in our keys. `people` is the field with the key people, `record` and
    `query` are the elements of the site's own query.
    """

    name: str
    role: str
    context: str
    code: str
    people: str = ""
    record: str = ""

    @property
    def label(self) -> str:
        """For people: Sales orders."""
        return self.name.replace("_", " ").capitalize()


CUSTOMER = Kind(
    "customers", "customer", "sharedSetCode", "customerCode", "customerContactV2s",
    "ttCustomer",
)  # fmt: skip
SUPPLIER = Kind(
    "suppliers", "supplier", "sharedSetCode", "supplierCode", "supplierContactV2s",
    "ttSupplier",
)  # fmt: skip
ITEM = Kind("items", "item", "domainCode", "itemCode", record="ttItem")
ORDER = Kind(
    "sales_orders", "order", "domainCode", "salesOrderNumber", record="ttSalesOrder"
)
# The records that an object type is read from, and the field that names the owner
# where it is its people that are wanted.
OBJECTS: Mapping[str, tuple[Kind, str]] = {
    "customers": (CUSTOMER, ""),
    "suppliers": (SUPPLIER, ""),
    "contacts": (CUSTOMER, "customer"),
    "supplier_contacts": (SUPPLIER, "supplier"),
    "items": (ITEM, ""),
    "sales_orders": (ORDER, ""),
}
LINE = "ttSalesOrderDetail"
PERSON = "ttContact"

_ADDRESS = {
    "adName": "businessRelationName", "adLine1": "street1", "adLine2": "street2",
    "adLine3": "street3", "adCity": "city", "adState": "stateCode", "adZip": "zipCode",
    "adCtry": "countryCode", "adPhone": "telephone", "adFax": "fax",
}  # fmt: skip
# Classic names in the form of QDocs; browses write them as cm_addr.
CLASSIC: Mapping[str, str] = {
    **_ADDRESS,
    "cmAddr": "customerCode", "cmSort": "addressSearchName", "cmCurr": "currencyCode",
    "cmType": "customerTypeCode", "cmLang": "languageCode",
    "cmCrLimit": "fixedCreditLimit", "cmCrTerms": "creditTermsCode",
    "cmCrHold": "isLockedCreditLimit", "cmModDate": "lastModifiedDate",
    "vdAddr": "supplierCode", "vdType": "supplierTypeCode", "vdCurr": "currencyCode",
    "vdCrTerms": "creditTermsCode", "vdModDate": "lastModifiedDate",
    "ptPart": "itemCode", "ptUm": "unitOfMeasure", "ptDesc1": "description",
    "ptDesc2": "description2", "ptProdLine": "productLine", "ptPartType": "itemType",
    "ptStatus": "itemStatus", "ptGroup": "itemGroup", "ptSite": "siteCode",
    "ptPrice": "listPrice", "ptModDate": "lastModifiedDate",
    "soNbr": "salesOrderNumber", "soCust": "soldToCustomerCode",
    "soOrdDate": "orderDate", "soDueDate": "dueDate", "soPo": "purchaseOrder",
    "soCurr": "currencyCode", "soSite": "siteCode", "soCrTerms": "creditTermsCode",
    "soStat": "orderStatus", "soTotal": "totalAmount", "soModDate": "lastModifiedDate",
    "line": "salesOrderLine", "sodPart": "itemCode", "sodSite": "siteCode",
    "sodQtyOrd": "quantityOrdered", "sodUm": "unitOfMeasure", "sodPrice": "netPrice",
    "sodDueDate": "dueDate",
    "ctName": "contactName", "ctFirstName": "firstName", "ctLastName": "lastName",
    "ctFunction": "contactFunction", "ctEmail": "EMail", "ctPhone": "telephone",
    "ctMobile": "mobile", "ctActive": "isActive",
}  # fmt: skip


def plain_name(dotted: str) -> str:
    """The field that a browse's column is: customerV2.city, cm_mstr.cm_addr."""
    name = dotted.rpartition(".")[2]
    if "_" not in name:
        return name
    first, *rest = name.split("_")
    camel = first + "".join(part[:1].upper() + part[1:] for part in rest)
    return CLASSIC.get(camel, camel)


def _quoted(part: str) -> str:
    return part.rstrip().replace("%", "%25").replace(":", "%3A")


def _unquoted(part: str) -> str:
    return part.replace("%3A", ":").replace("%25", "%")


def key_of(context: str, kind: Kind, code: str, person: str = "") -> str:
    """Our key of a record, or of a person in it: SHARED10:customer:C1000."""
    parts = [context, kind.role, code, *([person] if person else [])]
    return ":".join(_quoted(part) for part in parts)


def parts_of(key: str, context: str, kind: Kind) -> tuple[str, str] | None:
    """Code and person of a key; None for a key of anything else."""
    found = [_unquoted(part) for part in key.split(":")]
    if len(found) not in (3, 4) or found[:2] != [context, kind.role] or not found[2]:
        return None
    return found[2], found[3] if len(found) == 4 else ""
