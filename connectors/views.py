"""Pages for machines: is it well, and how much does it do."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from connectors.sync.watch.health import health, metrics_text


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """200 when all is well, 503 when not; open to anyone, so it names no secret."""
    found = health()
    checks = {
        name: {"ok": check.ok, "message": check.message}
        for name, check in found.checks.items()
    }
    return JsonResponse(
        {"ok": found.ok, "checks": checks}, status=200 if found.ok else 503
    )


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Metrics for Prometheus, for who has the token or sits at this machine."""
    if not _may_see_metrics(request):
        return HttpResponse(
            "Send the METRICS_TOKEN of this installation as a bearer token.\n",
            status=401,
            content_type="text/plain; charset=utf-8",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return HttpResponse(metrics_text(), content_type=CONTENT_TYPE_LATEST)


def _may_see_metrics(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and constant_time_compare(
            token.strip(), settings.METRICS_TOKEN
        )
    return _is_local(request) or (
        request.user.is_authenticated and request.user.is_staff
    )


def _is_local(request: HttpRequest) -> bool:
    """From this machine itself, not through a proxy that runs on it."""
    forwarded = {"X-Forwarded-For", "Forwarded", "X-Real-Ip"} & set(request.headers)
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return address.is_loopback and not forwarded
