"""Ready flows by command."""

from __future__ import annotations

from connectors.models import Flow
from tests.commands.shell import Ended, command
from tests.sync.site import Site


def install(*arguments: str) -> Ended:
    ends = ("--source", "JDE", "--target", "HubSpot")
    return command("install_recipe", "jde_hubspot_both_ways", *ends, *arguments)


def test_flows_are_set_up_paused_and_once(site: Site) -> None:
    site.flow.delete()
    done = install("--set", "revenue_account=1.5010", "--json")
    assert done.code == 0, done.error
    assert [one["status"] for one in done.json] == ["paused"] * 8
    account = Flow.objects.get(name="Invoices to JD Edwards").mappings.get(
        target_field="lines.account"
    )
    assert account.default == "1.5010"
    told = site.hubspot.catalogue.get(object_type="invoices", name="erp_document")
    assert told.custom, "what is told back has a place"
    again = install("--set", "revenue_account=2.6010", "--activate")
    assert (again.code, Flow.objects.count()) == (0, 8)
    account.refresh_from_db()
    assert account.default == "1.5010", "a person may have edited it"


def test_what_is_wrong_is_said(site: Site) -> None:
    site.flow.delete()
    done = install()
    assert (done.code, "revenue_account" in done.error) == (2, True)
    assert not Flow.objects.exists()
    assert install("--set", "revenue_account").code == 2
    wrong = command(
        "install_recipe", "jde_hubspot", "--source", "HubSpot", "--target", "JDE"
    )
    assert (wrong.code, "source of" in wrong.error) == (2, True)
