"""Pages for machines: is it well, and how much does it do."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from connectors.sdk.events import Delivery, DeliveryRefusedError
from connectors.sync.events import feeds
from connectors.sync.watch.health import health, metrics_text

# Bytes; a hundred events, with values of some length in them, are a tenth of it.
LARGEST_DELIVERY = 1_000_000


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


@never_cache
@csrf_exempt
@require_POST
def hook(request: HttpRequest, token: str) -> HttpResponse:
    """What a system posts to us: 204 once it is stored, 401 when it is not proven.

    Anything but 2xx makes a sender try again.
    """
    feed = feeds.by_token(token)
    if feed is None:
        return HttpResponse(status=404)
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_DELIVERY:
        return HttpResponse(status=413)
    delivery = Delivery(
        method="POST",
        url="",
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.body,
        at=timezone.now(),
    )
    try:
        feeds.accept(feed, delivery, request.META.get("QUERY_STRING", ""))
    except DeliveryRefusedError:
        # Why stands on the connection's page; a stranger learns nothing.
        return HttpResponse(status=401)
    return HttpResponse(status=204)


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
