"""The names of the QDocs' fields: classic ones, each with the site's own name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Names = Mapping[str, str]

_ADDRESS: Names = {
    "adName": "businessRelationName", "adLine1": "street1", "adLine2": "street2",
    "adLine3": "street3", "adCity": "city", "adState": "stateCode", "adZip": "zipCode",
    "adCtry": "countryCode", "adPhone": "telephone", "adFax": "fax",
}  # fmt: skip
CUSTOMER: Names = {
    "cmAddr": "customerCode", **_ADDRESS, "cmSort": "addressSearchName",
    "cmType": "customerTypeCode", "cmCurr": "currencyCode", "cmLang": "languageCode",
    "cmCrLimit": "fixedCreditLimit", "cmCrTerms": "creditTermsCode",
    "cmCrHold": "isLockedCreditLimit", "cmBill": "billToCustomerCode",
    "cmModDate": "lastModifiedDate",
}  # fmt: skip
SUPPLIER: Names = {
    "vdAddr": "supplierCode", **_ADDRESS, "vdSort": "addressSearchName",
    "vdType": "supplierTypeCode", "vdCurr": "currencyCode",
    "vdCrTerms": "creditTermsCode", "vdModDate": "lastModifiedDate",
}  # fmt: skip
ITEM: Names = {
    "ptPart": "itemCode", "ptUm": "unitOfMeasure", "ptDesc1": "description",
    "ptDesc2": "description2", "ptProdLine": "productLine", "ptAdded": "addedDate",
    "ptPartType": "itemType", "ptStatus": "itemStatus", "ptGroup": "itemGroup",
    "ptSite": "siteCode", "ptPrice": "listPrice", "ptModDate": "lastModifiedDate",
}  # fmt: skip
ORDER: Names = {
    "soNbr": "salesOrderNumber", "soCust": "soldToCustomerCode",
    "soBill": "billToCustomerCode", "soShip": "shipToCustomerCode",
    "soOrdDate": "orderDate", "soReqDate": "requiredDate", "soDueDate": "dueDate",
    "soPo": "purchaseOrder", "soRmks": "remarks", "soCurr": "currencyCode",
    "soSite": "siteCode", "soCrTerms": "creditTermsCode", "soShipvia": "shipVia",
}  # fmt: skip
LINE: Names = {
    "line": "salesOrderLine", "sodPart": "itemCode", "sodSite": "siteCode",
    "sodQtyOrd": "quantityOrdered", "sodUm": "unitOfMeasure", "sodListPr": "listPrice",
    "sodPrice": "netPrice", "sodDueDate": "dueDate",
}  # fmt: skip
CONTACT: Names = {
    "ctName": "contactName", "ctFirstName": "firstName", "ctLastName": "lastName",
    "ctFunction": "contactFunction", "ctEmail": "EMail", "ctPhone": "telephone",
    "ctMobile": "mobile", "ctActive": "isActive",
}  # fmt: skip
# Longest texts; longer ones are cut, with a warning.
LENGTHS: Mapping[str, int] = {
    "adName": 28, "adLine1": 28, "adLine2": 28, "adLine3": 28, "adCity": 20,
    "adState": 4, "adZip": 10, "adCtry": 3, "cmAddr": 8, "ptPart": 18, "ptDesc1": 24,
    "ptDesc2": 24, "soPo": 22, "soShipvia": 20, "soRmks": 40,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Doc:
    """A QDoc: its records' element, their table and fields, what is nested in them."""

    record: str
    kind: str
    fields: Names
    nested: str = ""
    nested_key: str = ""
    nested_fields: Names | None = None


MAINTAIN: Mapping[str, Doc] = {
    "maintainCustomer": Doc("customer", "customers", CUSTOMER),
    "maintainItemMaster": Doc("itemMaster", "items", ITEM),
    "maintainSalesOrder": Doc(
        "salesOrder", "orders", ORDER, "salesOrderDetail", "lines", LINE
    ),
}
# Built by the site, that is by us: nothing of these is the vendor's.
QUERIES: Mapping[str, Doc] = {
    "queryCustomer": Doc("ttCustomer", "customers", CUSTOMER, "ttContact",
                         "customerContactV2s", CONTACT),
    "querySupplier": Doc("ttSupplier", "suppliers", SUPPLIER, "ttContact",
                         "supplierContactV2s", CONTACT),
    "queryItem": Doc("ttItem", "items", ITEM),
    "querySalesOrder": Doc("ttSalesOrder", "orders", {**ORDER, "soStat": "orderStatus",
                           "soTotal": "totalAmount", "soModDate": "lastModifiedDate"},
                           "ttSalesOrderDetail", "lines", LINE),
}  # fmt: skip
