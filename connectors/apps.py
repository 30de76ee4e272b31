"""The app: what is put in place when it is ready."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ConnectorsConfig(AppConfig):
    """ml-connector."""

    name = "connectors"
    verbose_name = "Integration"

    def ready(self) -> None:
        """Cure the queue, register the checks, keep groups and schedules in place."""
        # Imported here: models are not there before.
        from connectors import checks, permissions  # noqa: F401, PLC0415
        from connectors.sync.worker import qcluster, schedules  # noqa: PLC0415

        qcluster.apply()
        post_migrate.connect(permissions.create_groups, sender=self)
        post_migrate.connect(schedules.ensure, sender=self)
