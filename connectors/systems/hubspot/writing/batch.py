"""A batch write, with one outcome for every record, whatever HubSpot answers.

Sending the same batch twice does no harm: every kind of it names its records. So
every lost answer may simply be asked for again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from time import monotonic
from typing import ClassVar

from connectors.sdk.errors import (
    ConfigurationError,
    ConnectorError,
    RejectedError,
)
from connectors.sdk.http import HttpClient, Response
from connectors.sdk.records import WriteItem, WriteOutcome
from connectors.sdk.spec import ObjectSpec
from connectors.systems.hubspot.codec import Codec, moment, same
from connectors.systems.hubspot.reader import Reader
from connectors.systems.hubspot.wire.answers import (
    Row,
    WriteAnswer,
    chunks,
    write_answer,
)
from connectors.systems.hubspot.wire.envelope import Envelope
from connectors.systems.hubspot.wire.faults import RefusedError, request_id
from connectors.systems.hubspot.wire.paths import Paths
from connectors.systems.hubspot.writing.ledger import (
    Book,
    Input,
    Part,
    halves,
    waves,
    work_off,
)
from connectors.systems.hubspot.writing.wording import (
    SETUP_CODES,
    record_error,
    tell_normalised,
)

RECORD_ID = "hs_object_id"


class Batch(ABC):
    """One call of `write`, up to the links between records.

    `verb` is HubSpot's, `match_field` the unique property that records are recognised
    by; "" where they are by their id.
    """

    verb: ClassVar[str]

    def __init__(
        self,
        *,
        http: HttpClient,
        paths: Paths,
        target: ObjectSpec,
        codec: Codec,
        match_field: str,
        book: Book,
    ) -> None:
        self.http = http
        self.target = target
        self.codec = codec
        self.match_field = match_field
        self.path = paths.batch(target.name, self.verb)
        self.reader = Reader(http, paths)
        self.book = book
        self._began: dict[str, float] = {}
        self._mended: set[str] = set()

    @abstractmethod
    def input(self, item: WriteItem) -> Input:
        """What goes out for an item. Raises RejectedError."""

    @abstractmethod
    def unsaid(self, one: Input, held: bool, call: str) -> ConnectorError:  # noqa: FBT001 - what was found
        """Why an input that HubSpot said nothing of was not written.

        `held`: whether HubSpot has such a record.
        """

    def mended(self, one: Input, envelope: Envelope) -> Input | None:
        """The input as it is sent again where the error is not about its record."""
        return None

    def send(self, items: Sequence[WriteItem]) -> None:
        """Write all items. Raises when none was written for a reason not in them."""
        groups = [
            Part(list(part))
            for wave in waves(self._inputs(items))
            for part in chunks(wave, self.target.max_batch)
        ]
        work_off(groups, self._attempt, self.book)

    def _inputs(self, items: Sequence[WriteItem]) -> list[Input]:
        inputs = []
        for item in items:
            try:
                inputs.append(self.input(item))
            except RejectedError as error:
                self.book.fail(item.key, error)
        return inputs

    def _attempt(self, part: Part) -> list[Part]:
        group = part.inputs
        body = {"inputs": [one.body(self.match_field) for one in group]}
        for one in group:
            self._began.setdefault(one.key, monotonic())
        try:
            response = self.http.post(self.path, json=body, idempotent=True)
        except RefusedError as refusal:
            return self._refused(part, refusal)
        return self._account(group, response)

    # --------------------------------------------------------------- refused whole

    def _refused(self, part: Part, refusal: RefusedError) -> list[Part]:
        """Nothing was written: the others go without those who are to blame."""
        group, envelope = part.inputs, refusal.envelope
        self._raise_if_not_unique(envelope)
        if len(group) == 1:
            return self._fail(group, envelope, refusal.request_id)
        named = self._named(group, envelope)
        if not named:
            part.spoilt = True
            return []
        rest = [one for one in group if one not in named]
        if envelope.message.startswith("Duplicate"):
            return [Part([one]) for one in named] + ([Part(rest)] if rest else [])
        again = self._fail(named, envelope, refusal.request_id)
        return [*again, Part(rest)] if rest else again

    def _fail(
        self, inputs: Sequence[Input], envelope: Envelope, call: str
    ) -> list[Part]:
        """Fail the inputs that an error is about; those that can be mended go again."""
        again = []
        for one in inputs:
            mended = self.mended(one, envelope)
            if mended is None:
                self.book.fail(one.key, self._error(one, envelope, call))
            else:
                self._mended.add(one.key)
                again.append(mended)
        return [Part(again)] if again else []

    def _named(self, group: Sequence[Input], envelope: Envelope) -> list[Input]:
        """The inputs that an error names: by trace id, by value, by property."""
        keys = set(envelope.texts("objectWriteTraceId"))
        values = {text.lower() for text in envelope.texts("ids")}
        unknown = {
            problem.property
            for problem in envelope.problems
            if problem.code in SETUP_CODES
        }
        return [
            one
            for one in group
            if one.key in keys
            or one.value.lower() in values
            or (not keys and not unknown.isdisjoint(one.properties))
        ]

    # ------------------------------------------------------------- answered in part

    def _account(self, group: list[Input], response: Response) -> list[Part]:
        """Give every input its outcome; hand back those to be tried again."""
        answer = write_answer(response)
        call = request_id(response)
        if answer.warnings:
            tell_normalised(answer.warnings, self.target.name, call)
        self._settle(group, answer, response)
        loose, again = self._fail_named(group, answer, call)
        sent = {one.key for part in again for one in part.inputs}
        left = [one for one in self.book.open(group) if one.key not in sent]
        if not left:
            return again
        if not loose:
            self._look_up(left, answer, call)
            return again
        if len(left) == 1 and (len(group) == 1 or len(loose) == 1):
            return again + self._fail(left, loose[0], call)
        return again + [Part(half) for half in halves(left) if half]

    def _settle(
        self,
        group: list[Input],
        answer: WriteAnswer,
        response: Response,
    ) -> None:
        asked = {one.key for one in group}
        call = request_id(response)
        for result in answer.results:
            key = result.object_write_trace_id
            if key is not None and key in asked:
                # After a lost answer, what its sending created is ours as well.
                new = bool(result.new) or (
                    (response.repeated or key in self._mended)
                    and self._made(answer, key, result.created_at)
                )
                self.book.settle(key, _outcome(new=new), result, call)

    def _fail_named(
        self, group: list[Input], answer: WriteAnswer, call: str
    ) -> tuple[list[Envelope], list[Part]]:
        """Fail the inputs that errors name; the errors that name none, and what is
        to be sent again."""
        loose: list[Envelope] = []
        again: list[Part] = []
        for body in answer.errors or ():
            envelope = Envelope.of(body)
            named = self._named(group, envelope) if envelope.context else []
            again += self._fail(named, envelope, call)
            if not named:
                loose.append(envelope)
        mended = [one for part in again for one in part.inputs]
        return loose, [Part(mended)] if mended else []

    def _look_up(self, left: list[Input], answer: WriteAnswer, call: str) -> None:
        """HubSpot answered without a word on these: see what it holds of them."""
        names = {name for one in left for name in one.properties}
        rows = self.reader.rows(
            self.target.name,
            [one.value for one in left],
            sorted(names | {self.match_field or RECORD_ID}),
            id_property=self.match_field,
        )
        held = {self._value(row).lower(): row for row in rows}
        for one in left:
            row = held.get(one.value.lower())
            if row and _holds(row, one):
                new = self._made(answer, one.key, row.created_at)
                self.book.settle(one.key, _outcome(new=new), row, call)
            else:
                self.book.fail(one.key, self.unsaid(one, row is not None, call))

    def _made(self, answer: WriteAnswer, key: str, created_at: str) -> bool:
        """Whether our own first sending of an input made the record."""
        seconds = monotonic() - self._began[key]
        return bool(self.match_field) and _since(answer, created_at, seconds)

    def _value(self, row: Row) -> str:
        """What an input of this row is recognised by."""
        if not self.match_field:
            return row.id
        return row.properties.get(self.match_field) or ""

    # ---------------------------------------------------------------------- errors

    def _error(self, one: Input, envelope: Envelope, call: str) -> ConnectorError:
        name, redact = self.target.name, self.http.redact
        error = record_error(envelope, name, one.properties, redact)
        error.request_id = envelope.correlation_id or call
        return error

    def _raise_if_not_unique(self, envelope: Envelope) -> None:
        if "non-unique" not in envelope.message:
            return
        raise ConfigurationError(
            f"HubSpot cannot recognise {self.target.name} by “{self.match_field}”: "
            "it is missing there, or not unique.",
            advice="Let the console create the ERP properties (on the flow's page), "
            "then resume the flow.",
            field=self.match_field,
            request_id=envelope.correlation_id,
        )


def _outcome(*, new: bool) -> WriteOutcome:
    return "created" if new else "updated"


def _since(answer: WriteAnswer, created_at: str, seconds: float) -> bool:
    """Whether a record was made within the `seconds` before the answer was complete.

    Only HubSpot's own clock is used, so ours may be wrong.
    """
    if not (answer.completed_at and created_at):
        return False
    began = moment(answer.completed_at) - timedelta(seconds=seconds)
    return moment(created_at) >= began


def _holds(row: Row, one: Input) -> bool:
    return all(
        same(sent, row.properties.get(name)) for name, sent in one.properties.items()
    )
