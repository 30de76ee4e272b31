"""Batch upsert by a unique property, with one outcome for every record.

Records are recognised by the unique property even when the engine knows their id:
one request then serves known and new records alike, a record deleted in HubSpot
comes again instead of failing, and a merged record's new id is found. So sending the
same batch twice does no harm, and every lost answer may simply be asked for again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from time import monotonic

from connectors.sdk.errors import (
    ConfigurationError,
    ConnectorError,
    RejectedError,
    UnavailableError,
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
    halves,
    waves,
    work_off,
)
from connectors.systems.hubspot.writing.wording import SETUP_CODES, record_error


class Upsert:
    """One call of `write`, up to the links between records."""

    def __init__(
        self,
        http: HttpClient,
        paths: Paths,
        target: ObjectSpec,
        codec: Codec,
        match_field: str,
    ) -> None:
        self.http = http
        self.target = target
        self.codec = codec
        self.match_field = match_field
        self.path = paths.batch(target.name, "upsert")
        self.reader = Reader(http, paths)
        self.book = Book()

    def send(self, items: Sequence[WriteItem]) -> Book:
        """Write all items. Raises when none was written for a reason not in them."""
        groups = [
            list(part)
            for wave in waves(self._inputs(items))
            for part in chunks(wave, self.target.max_batch)
        ]
        work_off(groups, self._attempt, self.book)
        self._raise_if_set_up_wrong()
        return self.book

    def _inputs(self, items: Sequence[WriteItem]) -> list[Input]:
        inputs = []
        for item in items:
            try:
                inputs.append(self._input(item))
            except RejectedError as error:
                self.book.fail(item.key, error)
        return inputs

    def _input(self, item: WriteItem) -> Input:
        properties = self.codec.encode(item.fields)
        value = properties.get(self.match_field, "")
        if not value:
            raise RejectedError(
                f"The record has no “{self.match_field}”, by which HubSpot would "
                "recognise it.",
                field=self.match_field,
                code="NO_KEY",
            )
        return Input(item.key, value, properties)

    def _attempt(self, group: list[Input]) -> list[list[Input]]:
        body = {"inputs": [one.for_upsert(self.match_field) for one in group]}
        began = monotonic()
        try:
            response = self.http.post(self.path, json=body, idempotent=True)
        except RefusedError as refusal:
            return self._refused(group, refusal)
        return self._account(group, response, monotonic() - began)

    # --------------------------------------------------------------- refused whole

    def _refused(self, group: list[Input], refusal: RefusedError) -> list[list[Input]]:
        """Nothing was written: single out who is to blame, send the others."""
        envelope = refusal.envelope
        self._raise_if_not_unique(envelope)
        if len(group) == 1:
            error = self._error(group[0], envelope, refusal.request_id)
            self.book.fail(group[0].key, error)
            return []
        named = self._named(group, envelope)
        if not named:
            return halves(group)
        rest = [one for one in group if one not in named]
        if envelope.message.startswith("Duplicate"):
            return [[one] for one in named] + ([rest] if rest else [])
        for one in named:
            self.book.fail(one.key, self._error(one, envelope, refusal.request_id))
        return [rest] if rest else []

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

    def _account(
        self, group: list[Input], response: Response, seconds: float
    ) -> list[list[Input]]:
        """Give every input its outcome; hand back those to be tried again."""
        answer = write_answer(response)
        call = request_id(response)
        self._settle(group, answer, response, seconds)
        loose = self._fail_named(group, answer, call)
        left = self.book.open(group)
        if not left:
            return []
        if not loose:
            self._look_up(left, answer, call, seconds)
            return []
        if len(left) == 1 and (len(group) == 1 or len(loose) == 1):
            self.book.fail(left[0].key, self._error(left[0], loose[0], call))
            return []
        return halves(left)

    def _settle(
        self,
        group: list[Input],
        answer: WriteAnswer,
        response: Response,
        seconds: float,
    ) -> None:
        asked = {one.key for one in group}
        call = request_id(response)
        for result in answer.results:
            key = result.object_write_trace_id
            if key is not None and key in asked:
                # After a lost answer, what its sending created is ours as well.
                new = bool(result.new) or (
                    response.repeated and _since(answer, result.created_at, seconds)
                )
                self.book.settle(key, _outcome(new=new), result.id, call)

    def _fail_named(
        self, group: list[Input], answer: WriteAnswer, call: str
    ) -> list[Envelope]:
        """Fail the inputs that errors name; returns the errors that name none."""
        loose = []
        for body in answer.errors or ():
            envelope = Envelope.of(body)
            named = self._named(group, envelope) if envelope.context else []
            for one in named:
                self.book.fail(one.key, self._error(one, envelope, call))
            if not named:
                loose.append(envelope)
        return loose

    def _look_up(
        self, left: list[Input], answer: WriteAnswer, call: str, seconds: float
    ) -> None:
        """HubSpot answered without a word on these: see what it holds of them."""
        names = {name for one in left for name in one.properties}
        rows = self.reader.rows(
            self.target.name,
            [one.value for one in left],
            sorted(names | {self.match_field}),
            id_property=self.match_field,
        )
        held = {
            (row.properties.get(self.match_field) or "").lower(): row for row in rows
        }
        for one in left:
            row = held.get(one.value.lower())
            if row and _holds(row, one):
                new = _since(answer, row.created_at, seconds)
                self.book.settle(one.key, _outcome(new=new), row.id, call)
            else:
                self.book.fail(one.key, _unsaid(call))

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

    def _raise_if_set_up_wrong(self) -> None:
        """A property that fails every record is the mapping's fault, not theirs."""
        errors = [result.error for result in self.book.results.values()]
        first = errors[0] if errors else None
        if first is None or any(e is None or e.code not in SETUP_CODES for e in errors):
            return
        raise ConfigurationError(
            first.message,
            advice=first.advice,
            field=first.field,
            code=first.code,
            request_id=first.request_id,
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


def _unsaid(call: str) -> UnavailableError:
    return UnavailableError(
        "HubSpot answered without saying what became of this record, and does not "
        "hold it as it was sent.",
        request_id=call,
    )
