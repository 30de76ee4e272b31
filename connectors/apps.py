"""The app: checks, groups and the cure for the queue are set up when it is ready."""

from __future__ import annotations

from django.apps import AppConfig


class ConnectorsConfig(AppConfig):
    """ml-connector."""

    name = "connectors"
    verbose_name = "Integration"
