"""Keys changed while work is queued."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from django.conf import settings
from django_q.models import OrmQ

from connectors.models import RunKind, RunStatus
from connectors.sync import runs
from tests.faults.processes import LONGEST, ROOT, environment, manage
from tests.sync.site import Site, assert_exact, eventually

pytestmark = pytest.mark.faults


def test_nothing_is_lost_when_both_keys_change_while_work_is_queued(
    site: Site,
) -> None:
    """Tasks signed with the old SECRET_KEY are dropped by the queue; the sweeper
    queues their run again. Secrets are read with the older of two encryption keys."""
    run = runs.start(site.flow, RunKind.SYNC)
    old = site.tasks()
    assert ("connectors.tasks.execute_run", (run.pk,)) in old
    changed = environment(
        SECRET_KEY="another secret key " * 4,
        FERNET_KEYS="a new key," + ",".join(settings.FERNET_KEYS),
    )
    with manage("qcluster", env=changed):
        eventually(lambda: not OrmQ.objects.exists(), what="the queue to be emptied")
        run.refresh_from_db()
        assert run.status == RunStatus.QUEUED, "the signature was not checked"
        site.pass_time(minutes=2)
        swept = subprocess.run(
            [sys.executable, "manage.py", "sweep", "--json"],
            cwd=ROOT,
            env=changed,
            timeout=LONGEST,
            capture_output=True,
            check=True,
        )
        assert json.loads(swept.stdout)["requeued"] == 1

        def ended() -> bool:
            run.refresh_from_db()
            return run.final

        eventually(ended, what="the run to end under the new keys")
    assert (run.status, run.created) == (RunStatus.SUCCEEDED, 30)
    assert_exact(site)
