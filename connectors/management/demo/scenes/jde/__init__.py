"""JD Edwards in the demo: mistyped addresses, documents, and what meets both ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from connectors.management.demo.scenes.jde import documents, mistyped, unsettled
from connectors.management.demo.scenes.jde.verify import verify
from connectors.management.demo.scenes.scene import Planted, Scene
from connectors.management.demo.verdict import Verdict
from connectors.models import Flow


class JdeScene(Scene):
    """See the modules beside."""

    name: ClassVar[str] = "JD Edwards"

    def prepare(self) -> None:
        mistyped.plant(self.erp)
        unsettled.prepare(self.erp)

    def adjust(self, flows: Sequence[Flow]) -> None:
        unsettled.ask_about_phones(flows)

    def act(self) -> None:
        documents.seed(self.erp, self.hubspot)

    def customers(self) -> int:
        asked = unsettled.customers(self.erp)
        return len(asked) - len(unsettled.newcomers(self.erp))

    def left(self) -> list[Planted]:
        return [
            *mistyped.planted(self.erp),
            *unsettled.unsettled(self.erp, self.hubspot),
        ]

    def check(self, verdict: Verdict, left: Sequence[Planted]) -> None:
        spared = {one.key for one in left if one.system == "jde"}
        verify(self.erp, self.hubspot, self.token, verdict, spared)
        if self.both_ways:
            documents.check(self.erp, self.hubspot, verdict)
