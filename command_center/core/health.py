"""Is the hall alive? Every part answers with the age of its last work, not with "I am running"."""

import time
from ipaddress import ip_address

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpResponse, HttpResponseForbidden, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from prometheus_client import Gauge

from . import heartbeat

# The oldest sign of life that still counts, in real seconds.
LIMITS_S = {
    "relay": 5,
    "beat": 15,
    "gateway": 15,
    "subscribe": 15,
    "worker:now": 30,
    "worker:poll": 45,
    "worker:bulk": 45,
}

AGE = Gauge("onemap_heartbeat_age_seconds", "Seconds since the part did its work", ["part"])
BACKLOG = Gauge("onemap_outbox_unnumbered", "Committed events the relay has not numbered yet")


def _redis_answers_ms():
    began = time.monotonic()
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    try:
        client.ping()
    finally:
        client.close()
    return (time.monotonic() - began) * 1000


def report():
    """Each part with its age or its failure; ``ok`` is true only when all are alive."""
    parts = {}
    began = time.monotonic()
    try:
        ages = heartbeat.ages()
        parts["database"] = {
            "ok": True,
            "ms": round((time.monotonic() - began) * 1000, 1),
        }
    except DatabaseError as error:
        return {
            "ok": False,
            "parts": {"database": {"ok": False, "error": type(error).__name__}},
        }
    try:
        parts["redis"] = {"ok": True, "ms": round(_redis_answers_ms(), 1)}
    except redis.RedisError as error:
        parts["redis"] = {"ok": False, "error": type(error).__name__}
    for name, limit in LIMITS_S.items():
        age = ages.get(name)
        if age is None:
            parts[name] = {"ok": False, "error": "never heard"}
        else:
            parts[name] = {"ok": age <= limit, "age_s": round(age, 1)}
    return {"ok": all(part["ok"] for part in parts.values()), "parts": parts}


@require_GET
@never_cache
def healthz(request):
    found = report()
    return JsonResponse(found, status=200 if found["ok"] else 503)


def _may_scrape(request):
    token = settings.OURS["metrics_token"]
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return constant_time_compare(given, token)
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


@require_GET
@never_cache
def metrics(request):
    if not _may_scrape(request):
        return HttpResponseForbidden("metrics need a token")
    from prometheus_client import REGISTRY, generate_latest
    from prometheus_client.exposition import CONTENT_TYPE_LATEST

    for name, age in heartbeat.ages().items():
        AGE.labels(name).set(age)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_event WHERE seq IS NULL")
        BACKLOG.set(cursor.fetchone()[0])
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)
