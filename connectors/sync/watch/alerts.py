"""Alerts: one open row per kind and subject, counted; an e-mail for each new one."""

from __future__ import annotations

from typing import Any

import structlog
from django.conf import settings
from django.core.mail import get_connection, send_mail
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from connectors.models import Alert, AlertKind, Connection, Flow
from connectors.sdk.redact import Redactor

log = structlog.get_logger(__name__)
_redact = Redactor()
MAIL_SECONDS = 10

Subject = Connection | Flow | None


def _subject(subject: Subject) -> str:
    if subject is None:
        return "installation"
    return f"{subject._meta.model_name} {subject.pk}"


def open_alert(
    kind: AlertKind, subject: Subject, *, title: str, advice: str = ""
) -> Alert:
    """Open an alert, or count it again when it is open already."""
    title, advice = _redact(title)[:300], _redact(advice)
    with transaction.atomic():
        alert, created = Alert.objects.get_or_create(
            kind=kind,
            subject=_subject(subject),
            resolved_at=None,
            defaults={
                "title": title,
                "advice": advice,
                "connection": subject if isinstance(subject, Connection) else None,
                "flow": subject if isinstance(subject, Flow) else None,
            },
        )
        if created:
            transaction.on_commit(lambda: _mail(alert))
        else:
            Alert.objects.filter(pk=alert.pk).update(
                count=F("count") + 1, last_at=timezone.now(), title=title, advice=advice
            )
    return alert


def acknowledge(alert: Alert, user: Any, note: str = "") -> bool:
    """Somebody is at it: it stays open, and needs nobody else. False when it has ended
    or somebody was quicker."""
    unseen = Alert.objects.filter(pk=alert.pk, resolved_at=None, acknowledged_at=None)
    return bool(
        unseen.update(
            acknowledged_at=timezone.now(), acknowledged_by=user, note=note[:300]
        )
    )


def resolve(kind: AlertKind, subject: Subject) -> None:
    """Close the open alert of this kind and subject, if there is one."""
    Alert.objects.filter(kind=kind, subject=_subject(subject), resolved_at=None).update(
        resolved_at=timezone.now()
    )


def _mail(alert: Alert) -> None:
    if not settings.ALERT_EMAILS:
        return
    try:
        send_mail(
            f"[ml-connector] {alert.title}",
            f"{alert.title}\n\n{alert.advice}\n\n{settings.SITE_URL}/admin/",
            None,
            settings.ALERT_EMAILS,
            # Whoever raises alerts has other work than to wait for a mail server.
            connection=get_connection(timeout=MAIL_SECONDS),
        )
    except OSError as error:
        # The alert stands in the console whatever the mail server does.
        log.warning("alert mail failed", error=str(error))
        return
    Alert.objects.filter(pk=alert.pk).update(mailed_at=timezone.now())
