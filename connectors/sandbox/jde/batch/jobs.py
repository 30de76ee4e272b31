"""Submitted batch programs: they wait, run, and are done, whatever they made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.core.clock import Clock
from connectors.sandbox.jde.batch.programs import FINAL, PROGRAMS, PROOF, Programs
from connectors.sandbox.jde.books.desk.checks import Caller
from connectors.sandbox.jde.config import JdeConfig
from connectors.sandbox.jde.errors import AisError
from connectors.sandbox.jde.users import USERS, User

WAITING, RUNNING, DONE = "W", "P", "D"
FIRST_JOB = 4711
SERVER = "e1ent"


@dataclass(slots=True)
class Job:
    """One submission. `complaints` is the printed report, which no service shows."""

    number: int
    report: str
    version: str
    chosen: dict[str, list[str]]
    user: str
    submitted: float
    status: str = WAITING
    server: str = SERVER
    complaints: list[str] = field(default_factory=list)


class Jobs:
    """The queue. A job works at the moment it becomes done."""

    def __init__(self, programs: Programs, config: JdeConfig, clock: Clock):
        self._programs = programs
        self._config = config
        self._clock = clock
        self._jobs: dict[int, Job] = {}

    def submit(
        self, report: str, version: str, chosen: Mapping[str, list[str]], user: User
    ) -> Job:
        """Queue a program; AisError 500 for one that does not exist."""
        if report not in PROGRAMS or version not in {FINAL, PROOF}:
            message = f"Report {report} version {version} does not exist"
            raise AisError(500, message, "ReportException")
        number = FIRST_JOB + len(self._jobs)
        now = self._clock.time()
        job = Job(number, report, version, dict(chosen), user.name, now)
        self._jobs[number] = job
        return job

    def ask(self, number: int) -> Job:
        """The job, one step on where `job_pace` is `calls`; AisError 500."""
        job = self._jobs.get(number)
        if job is None:
            message = f"Job {number} does not exist"
            raise AisError(500, message, "ReportException")
        if self._config.job_pace == "calls":
            self._move(job, {WAITING: RUNNING}.get(job.status, DONE))
        else:
            self.settle()
        return job

    def settle(self) -> None:
        """Let the jobs go on whose time has come, in the order they came in."""
        if self._config.job_pace != "clock":
            return
        for job in self._jobs.values():
            age = self._clock.time() - job.submitted
            if age >= self._config.job_wait_s + self._config.job_run_s:
                self._move(job, DONE)
            elif age >= self._config.job_wait_s:
                self._move(job, RUNNING)

    def _move(self, job: Job, status: str) -> None:
        was, job.status = job.status, status
        if status == DONE and was != DONE:
            by = Caller(USERS[job.user])
            run = self._programs.run
            job.complaints = run(job.report, job.version, job.chosen, by)

    def clear(self) -> None:
        self._jobs.clear()

    def state(self) -> dict[int, Job]:
        """All jobs, to be pickled."""
        return self._jobs

    def restore(self, jobs: dict[int, Job]) -> None:
        self._jobs = jobs

    def plain(self) -> list[dict[str, Any]]:
        """For the control surface, with what the printed report says."""
        names = ("number", "report", "version", "status", "complaints")
        return [{n: getattr(one, n) for n in names} for one in self._jobs.values()]
