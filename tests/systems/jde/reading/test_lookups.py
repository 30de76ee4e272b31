"""Single records, look-ups by value, and the fields there are."""

from __future__ import annotations

import pytest

from connectors.canonical.model import attribute
from connectors.sdk.errors import SpecError, UnsupportedOperationError
from connectors.systems.jde.connector import JdeConnector
from tests.systems.jde.case import (
    Ais,
    add_customer,
    ais,
    by_key,
    empty_ais,
    everything,
)

__all__ = ["ais", "empty_ais"]


@pytest.mark.parametrize("name", ["customers", "contacts", "items"])
def test_a_record_by_key_is_the_same_as_in_a_read(ais: Ais, name: str) -> None:
    connector = ais.open(page_size=10)
    whole = by_key(everything(connector, name)[0])
    wanted = sorted(whole)[:25]
    found = by_key(connector.fetch(name, [*wanted, "99999999", "nonsense", ""]))
    assert found == {key: whole[key] for key in wanted}


def test_only_customers_can_be_fetched_as_customers(ais: Ais) -> None:
    supplier = next(row["AN8"] for row in ais.rows("F0101") if row["AT1"] == "V")
    assert ais.open().fetch("customers", [str(supplier)]) == []


def test_thousands_of_keys_go_in_pieces(ais: Ais) -> None:
    keys = [str(number) for number in range(6000, 8000)]
    assert len(ais.open().fetch("customers", keys)) == 60


def test_a_customer_by_tax_number_mail_or_business_unit(empty_ais: Ais) -> None:
    add_customer(empty_ais, 7001, TAX="US123", MCU="30")
    add_customer(empty_ais, 7002, TAX="us123", MCU="300")
    mail = "info@example.com"
    empty_ais.insert("F01151", AN8=7002, IDLN=0, RCK7=1, ETP="E", EMAL=mail)
    connector = empty_ais.open()

    def find(field: str, *values: str) -> dict[str, list[str]]:
        found = connector.find("customers", field, values)
        return {value: [one.key for one in records] for value, records in found.items()}

    assert find("TAX", "US123", "DE9") == {"US123": ["7001", "7002"], "DE9": []}
    assert find("email", "Info@Example.com") == {"Info@Example.com": ["7002"]}
    assert find("MCU", "30") == {"30": ["7001"]}
    assert find("CO", "0") == {"0": []}
    assert find("AN8", "7002", "1") == {"7002": ["7002"], "1": []}
    assert find("TAX", "", " ") == {"": [], " ": []}


def test_the_contacts_of_a_customer(ais: Ais) -> None:
    connector = ais.open()
    everyone = everything(connector, "contacts")[0]
    customer = str(everyone[0].fields["AN8"])
    found = connector.find("contacts", "AN8", [customer])[customer]
    assert [one.key for one in found] == [
        one.key for one in everyone if one.fields["AN8"] == customer
    ]


def test_a_contact_by_mail(ais: Ais) -> None:
    connector = ais.open()
    everyone = everything(connector, "contacts")[0]
    one = next(record for record in everyone if record.fields["email"])
    mail = str(one.fields["email"])
    found = connector.find("contacts", "email", [mail], fields=["name"])
    assert [record.key for record in found[mail]] == [one.key]


def test_an_item_by_its_second_number(ais: Ais) -> None:
    connector = ais.open()
    item = everything(connector, "items")[0][3]
    number = str(item.fields["LITM"])
    assert connector.find("items", "LITM", [number]) == {number: [item]}


def test_a_field_that_no_column_holds_cannot_be_looked_up(ais: Ais) -> None:
    with pytest.raises(UnsupportedOperationError, match="on_hold"):
        ais.open().find("customers", "on_hold", ["true"])


def test_an_unknown_object_is_refused(ais: Ais) -> None:
    for call in (
        lambda: list(ais.open().read("orders", None)),
        lambda: ais.open().fetch("orders", ["1"]),
        lambda: ais.open().find("orders", "AN8", ["1"]),
        lambda: ais.open().discover("orders"),
    ):
        with pytest.raises(SpecError, match="orders"):
            call()


def test_discovery_leaves_out_what_is_hidden(ais: Ais) -> None:
    everyone = {one.name for one in ais.open().discover("customers")}
    assert everyone == set(JdeConnector.spec.object("customers").fields)
    barred = ais.open(username="HSCOLUMN", password="sandbox-2")
    found = {one.name for one in barred.discover("customers")}
    assert everyone - found == {"TAX", "ACL", "email", "website", "domain"}


def test_canonical_names_are_those_of_the_shared_model() -> None:
    for target in JdeConnector.spec.objects.values():
        for info in target.fields.values():
            assert not info.canonical or attribute(info.canonical), info.canonical
