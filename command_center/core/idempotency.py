"""A request that carries a key acts once: its repetition is given the first answer.

Screens send ``Idempotency-Key`` with every POST. The key belongs to the person and the address. The row is written
in the transaction of the act: a repetition that comes meanwhile waits for it, and a refusal keeps nothing, so that
it may be tried again with the same key.
"""

import functools
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import connection, transaction
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from .models import Answer
from .now import now

KEPT = timedelta(days=2)
LONGEST = 80


class _TakeBack(Exception):
    def __init__(self, response: Response) -> None:
        self.response = response


def once(method: Callable[..., Response]) -> Callable[..., Response]:
    """Wrap a view's method that changes something. Without the header it acts each time."""

    @functools.wraps(method)
    def wrapped(view: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        given = request.headers.get("Idempotency-Key", "")
        if not given:
            return method(view, request, *args, **kwargs)
        if len(given) > LONGEST:
            return Response({"error": _("The key is too long.")}, status=400)
        text = "\0".join([request.viewer.name, request.method, request.path, given])
        key = hashlib.sha256(text.encode()).hexdigest()
        try:
            with transaction.atomic():
                return _act(functools.partial(method, view, request, *args, **kwargs), key, now())
        except _TakeBack as refused:
            return refused.response

    return wrapped


def _act(method: Callable[[], Response], key: str, at: datetime) -> Response:
    if not _claim(key, at):
        kept = Answer.objects.get(key=key)
        return Response(kept.body, status=kept.status)
    response = method()
    if response.status_code >= 400:
        raise _TakeBack(response)
    body = orjson.loads(JSONRenderer().render(response.data) or b"null")
    Answer.objects.filter(key=key).update(status=response.status_code, body=body)
    Answer.objects.filter(at__lt=at - KEPT).delete()
    return response


def _claim(key: str, at: datetime) -> bool:
    """Whether the key is ours. Waits for one who has it and has not finished."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_answer (key, at) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING RETURNING id",
            [key, at],
        )
        return cursor.fetchone() is not None
