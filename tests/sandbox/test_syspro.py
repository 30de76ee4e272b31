"""The SYSPRO stand-in is as strict as the vendor is known to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from connectors.sandbox.core.client import ControlClient
from connectors.sandbox.core.runner import SandboxThread
from connectors.sandbox.syspro.standin import SysproStandIn

LOGON = {
    "Operator": "HSYNC",
    "OperatorPassword": "enet-secret-1",
    "CompanyId": "EDU1",
    "CompanyPassword": "company-secret-1",
}
ODATA = ("HSYNC", "odata-secret-1")
RULES = "<SetupArCustomer><Parameters>{}</Parameters></SetupArCustomer>"
KEY = "000000000000013"


class Client:
    """A bare client."""

    def __init__(self, box: SandboxThread) -> None:
        self.url = box.url["syspro"]
        self.control: ControlClient = box.control("syspro")

    def enet(self, operation: str, **given: str) -> requests.Response:
        url = f"{self.url}/SYSPROWCFService/Rest/{operation}"
        return requests.get(url, params=given, timeout=10)

    def logon(self, **changed: str) -> str:
        return self.enet("Logon", **{**LOGON, **changed}).text

    def update(self, token: str, items: str, rules: str = "") -> str:
        return self.enet(
            "Setup/Update",
            UserId=token,
            BusinessObject="ARSSCS",
            XmlParameters=RULES.format(rules),
            XmlIn=f"<SetupArCustomer>{items}</SetupArCustomer>",
        ).text

    def find(self, token: str, key: str) -> str:
        document = (
            "<Query><TableName>ArCustomer</TableName><Columns><Column>Name</Column>"
            "<Column>CreditLimit</Column></Columns><Where><Expression><OpenBracket>("
            "</OpenBracket><Column>Customer</Column><Condition>EQ</Condition><Value>"
            f"{key}</Value><CloseBracket>)</CloseBracket></Expression></Where></Query>"
        )
        given = {"UserId": token, "BusinessObject": "COMFND", "XmlIn": document}
        return self.enet("Query/Query", **given).text

    def odata(
        self, path: str, auth: tuple[str, str] = ODATA, **options: str
    ) -> requests.Response:
        return requests.get(
            f"{self.url}/SYSPRO8Odata/SYSPROOData/{path}",
            params={f"${name}": value for name, value in options.items()},
            auth=auth,
            timeout=10,
        )

    def rows(self, path: str, **options: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.odata(path, ODATA, **options).json()["value"]
        return found


@pytest.fixture
def client() -> Iterator[Client]:
    with SandboxThread(SysproStandIn()) as box:
        made = Client(box)
        made.control.seed(40)
        yield made


def item(key: str, fields: str) -> str:
    return f"<Item><Key><Customer>{key}</Customer></Key>{fields}</Item>"


def test_rest_is_get_and_in_any_case(client: Client) -> None:
    root = f"{client.url}/SYSPROWCFService/Rest"
    assert requests.post(f"{root}/GetVersion", timeout=10).status_code == 405
    assert requests.get(f"{root}/Transaction", timeout=10).status_code == 404
    version = requests.get(f"{root.lower()}/getversion", timeout=10)
    assert version.headers["Content-Type"] == "application/octet-stream"
    assert version.text == "8.0.0.212"
    long = client.enet("Query/Query", XmlIn="x" * 17_000)
    assert (long.status_code, "<html>" in long.text) == (400, True)


def test_one_session_per_operator_and_only_so_many(client: Client) -> None:
    first, second = client.logon(), client.logon()
    assert client.find(first, KEY).startswith("ERROR:")
    assert "<Name>" in client.find(second, KEY)
    assert client.enet("Logoff", UserId=second).text == "0"
    assert client.enet("Logoff", UserId=second).text.startswith("ERROR:")
    client.control.edit(action="occupy_seats", count=5)
    assert "maximum number" in client.logon()
    client.control.clock(advance_s=1201)
    assert client.logon().startswith("SYS800-")


def test_a_token_of_seven_keeps_its_blanks(client: Client) -> None:
    client.control.config(token_style="S7")
    token = client.logon()
    assert (len(token), token[-4:]) == (36, "00  ")
    assert "BaseDir8" in client.find(token.strip(), KEY)
    assert "<Name>" in client.find(token, KEY)


def test_a_missing_company_password_is_wrong_and_three_lock(client: Client) -> None:
    client.control.config(company_password="")
    short = {name: text for name, text in LOGON.items() if name != "CompanyPassword"}
    said = {client.enet("Logon", **short).text for _ in range(3)}
    assert said == {"ERROR: Invalid operator password"}
    assert "locked" in client.logon(CompanyPassword="")


def test_texts_are_windows_1252(client: Client) -> None:
    body = client.enet(
        "Query/Fetch",
        UserId=client.logon(),
        XmlIn=f"<Fetch><TableName>ArCustomer</TableName><Key>{KEY}</Key></Fetch>",
    ).content
    assert b"Caf\xe9 Ren\xe9 \x93\xc9toile\x94" in body
    assert b"<DateLastSale>0000-00-00</DateLastSale>" in body
    assert body.endswith(b"</ArCustomer>\n ")
    with pytest.raises(UnicodeDecodeError):
        body.decode()


def test_one_bad_item_keeps_the_document_out_unless_told(client: Client) -> None:
    token = client.logon()
    items = item(KEY, "<Name>New</Name>") + item(KEY, "<TermsCode>ZZ</TermsCode>")
    answer = client.update(token, items)
    assert "<termscode><Value>ZZ</Value><ErrorNumber>220031</ErrorNumber>" in answer
    assert "<RecordsInvalid>000001</RecordsInvalid>" in answer
    assert client.control.records("ArCustomer", [KEY])[0]["Name"] != "New"
    each = "<ApplyIfEntireDocumentValid>N</ApplyIfEntireDocumentValid>"
    client.update(token, items, each)
    assert client.control.records("ArCustomer", [KEY])[0]["Name"] == "New"
    dry = "<ValidateOnly>Y</ValidateOnly>"
    client.update(token, item(KEY, "<Name>Dry</Name><Unknown>1</Unknown>"), dry)
    assert client.control.records("ArCustomer", [KEY])[0]["Name"] == "New"


def test_short_keys_are_for_business_objects_alone(client: Client) -> None:
    token = client.logon()
    assert "<customer>0000013</customer>" in client.update(token, item("13", ""))
    assert "<RowsReturned>       0</RowsReturned>" in client.find(token, "13")
    assert client.rows("EDU1/ArCustomer", filter="Customer eq '13'") == []


def test_field_security_and_licences(client: Client) -> None:
    client.control.config(hidden_fields=["CreditLimit"], unlicensed=["ARSSCS"])
    token = client.logon()
    assert "<CreditLimit>                 0</CreditLimit>" in client.find(token, KEY)
    assert client.update(token, item(KEY, "")).endswith("raised: 100000")


def test_a_soap_fault_is_a_500(client: Client) -> None:
    answer = requests.post(
        f"{client.url}/SYSPROWebServices/query.asmx",
        data='<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        '<Query xmlns="http://www.syspro.com/ns/query/"><UserId>x</UserId></Query>'
        "</e:Body></e:Envelope>",
        headers={"SOAPAction": "http://www.syspro.com/ns/query/Query"},
        timeout=10,
    )
    assert answer.status_code == 500
    assert "<faultstring>Unable to read the SYSPRO base directory" in answer.text


@pytest.mark.parametrize(
    "filter_",
    [
        "ModDate ge 2026-01-01T00:00:00Z",
        "DateCustAdded ge datetime'2026-01-01T00:00:00'",
        "DateCustAdded ge 2026-01-01",
        "Customer eq 13",
        "TimeStamp gt 'AAAA'",
        " or ".join(f"Customer eq '{n}'" for n in range(30)),
    ],
)
def test_what_odata_does_not_understand_is_a_400(client: Client, filter_: str) -> None:
    answer = client.odata("EDU1/ArCustomer", filter=filter_)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_odata_knows_its_own_password_and_tables(client: Client) -> None:
    assert (
        client.odata("EDU1/ArCustomer", ("HSYNC", "enet-secret-1")).status_code == 401
    )
    assert "html" in client.odata("EDU1/Nothing").text
    assert client.odata("EDU2/ArCustomer").status_code == 404
    client.control.config(odata_https_only=True)
    assert client.odata("EDU1/ArCustomer").status_code == 403


def test_odata_caps_without_a_word_and_shuffles_without_an_order(
    client: Client,
) -> None:
    client.control.config(odata_cap=15)
    assert len(client.rows("EDU1/ArCustomer", top="1000")) == 15
    pages = [client.rows("EDU1/ArCustomer", skip=skip) for skip in ("0", "15", "30")]
    keys = [row["Customer"] for page in pages for row in page]
    assert len(set(keys)) < len(keys)
    client.control.config(odata_next_link=True)
    answer = client.odata("EDU1/ArCustomer", orderby="Customer").json()
    assert "%24skip=15" in answer["@odata.nextLink"]


def test_a_payment_shows_in_balances_and_in_no_date(client: Client) -> None:
    (before, *_) = client.rows("EDU1/ArInvoice", filter="InvoiceBal1 gt 0")
    key = [before[name] for name in ("Customer", "Invoice", "DocumentType")]
    client.control.edit(action="pay", key=key, value="1.00")
    own = f"Customer eq '{key[0]}' and Invoice eq '{key[1]}' and DocumentType eq 'I'"
    (after,) = client.rows("EDU1/ArInvoice", filter=own)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"InvoiceBal1", "TimeStamp"}
    assert len(client.rows("EDU1/ArInvoicePay", filter=own)) == 1


def test_an_enquiry_takes_a_short_key_and_prints_for_people(client: Client) -> None:
    document = "<Query><Key><Customer>13</Customer></Key></Query>"
    given = {"BusinessObject": "ARSQRY", "XmlIn": document}
    answer = client.enet("Query/Query", UserId=client.logon(), **given).text
    assert f"<Customer>{KEY}</Customer>" in answer
    assert "xmlns:TBLART='TBLART'" in answer
    assert "<TBLART:Description>" in answer
    assert "<Edited_InvoiceBal>" in answer


def test_an_item_is_told_all_that_is_wrong_with_it(client: Client) -> None:
    token = client.logon()
    invoiced = client.rows("EDU1/ArInvoice", top="1")[0]["Customer"]
    fields = (
        "<Name>" + "N" * 51 + "</Name><CustomerClass>QQ</CustomerClass>"
        "<Currency>GBP</Currency><Email>nobody</Email>"
    )
    answer = client.update(token, item(invoiced, fields))
    for number in ("220020", "220031", "220032", "220050"):
        assert f"<ErrorNumber>{number}</ErrorNumber>" in answer
    client.control.config(over_long="truncate")
    rules = "<IgnoreWarnings>Y</IgnoreWarnings>"
    fields = "<Name>" + "N" * 51 + "</Name><Email>nobody</Email>"
    answer = client.update(token, item(invoiced, fields), rules)
    assert "ErrorNumber" not in answer
    row = client.control.records("ArCustomer", [invoiced])[0]
    assert (row["Name"], row["Email"]) == ("N" * 50, "nobody")


def test_a_search_knows_its_columns_brackets_and_wild_cards(client: Client) -> None:
    def found(where: str, column: str = "Customer") -> str:
        document = (
            "<Query><TableName>ArCustomer</TableName><ReturnRows>3</ReturnRows>"
            f"<Columns><Column>{column}</Column></Columns><Where>{where}</Where>"
            "<OrderBy><Column>Customer</Column></OrderBy></Query>"
        )
        given = {"BusinessObject": "COMFND", "XmlIn": document}
        return client.enet("Query/Query", UserId=client.logon(), **given).text

    def test(condition: str, value: str, more: str = "") -> str:
        return (
            f"<Expression>{more}<Column>Customer</Column><Condition>{condition}"
            f"</Condition><Value>{value}</Value></Expression>"
        )

    assert f"<Customer>{KEY}</Customer>" in found(test("LIKE", "?*0?3"))
    assert "<RowsReturned>       3</RowsReturned>" in found(test("GT", "0"))
    opened = test("GT", "0", "<OpenBracket>(</OpenBracket>")
    assert found(opened).startswith("ERROR: Where: the brackets")
    assert found(test("GT", "0"), column="ModDate").startswith("ERROR: Column")


def test_odata_is_only_read(client: Client) -> None:
    url = f"{client.url}/SYSPRO8Odata/SYSPROOData/EDU1/ArCustomer"
    for method in ("POST", "PATCH", "DELETE"):
        assert requests.request(method, url, auth=ODATA, timeout=10).status_code == 405
