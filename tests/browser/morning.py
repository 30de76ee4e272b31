"""A morning's work beside the demo, so that pictures of the console show something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from connectors.sandbox.core.client import ControlClient

THERE, CONTACTS = "Customers to companies", "Contacts to contacts"
BACK = "Companies to customers"
# What goes back, and whose value counts where both sides have changed it.
_ROWS = (
    ("name", "ALPH", "The newest"),
    ("phone", "phone", "A person decides"),
    ("address", "street", "The owner's"),
    ("zip", "postal_code", "The owner's"),
    ("city", "city", "The owner's"),
)


@dataclass(frozen=True, slots=True)
class Morning:
    """What people do in the console and in both systems' stand-ins."""

    page: Page
    erp: ControlClient
    crm: ControlClient

    def pass_by(self) -> None:
        """Changes and mistakes in the ERP, a flow back, and changes that meet."""
        companies = [r for r in self.erp.records("F0101") if r["AT1"].strip() == "C"]
        self._rename(companies[5:40:5])
        self._mistype({row["AN8"] for row in companies})
        self._run(CONTACTS)
        self._add_flow_back()
        self._copy()
        self._run(BACK)
        self._meet({row["AN8"] for row in companies})
        self._run(THERE)

    def _rename(self, companies: list[Any]) -> None:
        for one in companies:
            key, name = {"AN8": one["AN8"]}, f"{one['ALPH'].strip()} Group"
            self.erp.edit(table="F0101", key=key, set={"ALPH": name[:40]})

    def _mistype(self, held: set[int]) -> None:
        mails = self.erp.records("F01151")
        mails = [r for r in mails if r["AN8"] in held and r["IDLN"] > 0]
        for one, sign in zip(mails[20:50:10], ("@", " at ", "@"), strict=False):
            user, _, host = one["EMAL"].partition("@")
            key = {name: one[name] for name in ("AN8", "IDLN", "RCK7")}
            address = f"office.{user}{sign}{host}"
            self.erp.edit(table="F01151", key=key, set={"EMAL": address})

    def _meet(self, held: set[int]) -> None:
        """The same phone numbers, changed in both systems."""
        phones = self.erp.records("F0115")
        phones = [r for r in phones if r["AN8"] in held and not r["IDLN"]]
        alone = [r for r in phones if not r["PHTP"].strip()][:12:4]
        for number, one in enumerate(alone, 1):
            key = {name: one[name] for name in ("AN8", "IDLN", "RCK7", "CNLN")}
            self.erp.edit(table="F0115", key=key, set={"PH1": f"555-010{number}"})
            self.crm.edit(
                type="companies",
                key=f"jde:{one['AN8']}",
                key_property="erp_key",
                set={"phone": f"+1 555 019{number}"},
            )

    def _copy(self) -> None:
        """Somebody types a company into HubSpot that is there under an ERP key."""
        there = (one["properties"] for one in self.crm.records("companies"))
        first = next(one for one in there if one.get("erp_key"))
        said = {name: first.get(name) for name in ("name", "zip", "city")}
        self.crm.edit(type="companies", action="create", set=said)

    # --- in the console ---

    def _add_flow_back(self) -> None:
        page = self.page
        page.goto("/admin/connectors/flow/add/")
        page.locator("#id_name").fill(BACK)
        for name, label in (
            ("source", "HubSpot (demo)"),
            ("source_object", "Companies"),
            ("target", "JD Edwards (demo)"),
            ("target_object", "Customers"),
        ):
            page.locator(f"#id_{name}").select_option(label=label)
        self._press("Save")
        self._says(f"“{BACK}” is saved and paused.")
        for source, target, rule in _ROWS:
            self._add_row(source, target, rule)
        self._add_match_rule()
        self._press("Save and continue editing")
        self._says("The mappings are saved as version 1.")
        self._press("Resume")
        self._says("The flow is active")

    def _add_row(self, source: str, target: str, rule: str) -> None:
        page = self.page
        page.locator("#mappings-group a.add-row").click()
        for side, name in (("source", source), ("target", target)):
            place = page.locator(f'#mappings-group input[data-picker="{side}"]:visible')
            place.last.fill(name)
            place.last.press("Escape")
        lists = page.locator('#mappings-group select[name$="-conflict"]:visible')
        lists.last.select_option(label=rule)

    def _add_match_rule(self) -> None:
        page = self.page
        page.locator("#match_rules-group summary").click()
        page.locator("#match_rules-group a.add-row").click()
        page.select_option("#id_match_rules-0-method", label="Name and postal code")
        for name, value in (
            ("source_field", "name"),
            ("target_field", "ALPH"),
            ("source_field_2", "zip"),
            ("target_field_2", "postal_code"),
        ):
            place = page.locator(f"#id_match_rules-0-{name}")
            place.fill(value)
            place.press("Escape")

    # Not those of acting.py, which needs the console in this very process.

    def _press(self, label: str) -> None:
        self.page.get_by_role("button", name=label, exact=True).click()

    def _says(self, text: str) -> None:
        self.page.get_by_text(text).first.wait_for()

    def _run(self, name: str) -> None:
        page = self.page
        page.goto("/admin/connectors/flow/")
        page.get_by_role("link", name=name).first.click()
        self._press("Run now")
        page.get_by_role("link", name="follow it").click()
        page.get_by_text("Ended", exact=True).wait_for()
