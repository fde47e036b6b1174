"""Looking at cameras: one picture each time they are due, what it tells about the camera, and the stills that are kept."""

import io
import logging
import random
import secrets
import time
from base64 import b64decode, b64encode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q
from PIL import Image

from command_center.core.events import announce_many
from command_center.core.now import Rate, rate
from command_center.core.parameters import values
from sensors.domain import pictures
from sensors.domain.pictures import Belief, Look, Rules
from sensors.domain.polling import Pace, next_poll
from sensors.models import Alarm, Contact, Station, Still

from .grabbing import NoPicture, grab
from .polling import CAMERAS, Claim, claim, enrol

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Pictures decoded side by side: each is a burst of work, and the machine has other things to do."""
SHARD = 16
LEASE_S = 30.0
STILL_WIDTH = 1280
JPEG_QUALITY = 80


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture of one camera, or the reason why there is none."""

    claimed: Claim
    image: Image.Image | None
    look: Look | None
    error: str
    took_s: float


def look_at(claimed: Claim) -> Shot:
    """Try for one picture; never raises."""
    begun = time.monotonic()
    image, seen, error = None, None, ""
    try:
        image = grab(claimed.protocol, claimed.config)
        seen = pictures.look(np.asarray(image.convert("L")))
    except NoPicture as why:
        error = str(why)
    except (KeyError, TypeError, ValueError) as wrong:
        error = f"configuration: {wrong}"
    except Exception:
        # Decoders are large; a mistake met in one camera's stream must not end the others' turn.
        log.exception("looking at a camera failed")
        error = "internal error"
    return Shot(claimed, image, seen, error, time.monotonic() - begun)


@dataclass(frozen=True, slots=True)
class Keeping:
    """Which stills are kept; all in the hall's time."""

    every: timedelta
    newest: int
    alarm_window: timedelta


def rules_in_force() -> tuple[Rules, Keeping]:
    now = values(
        [
            "camera.frozen_checks",
            "camera.offline_checks",
            "camera.black_mean",
            "camera.black_spread",
            "camera.still_every",
            "camera.stills_kept",
            "camera.alarm_window",
        ]
    )
    return (
        Rules(
            frozen_checks=now["camera.frozen_checks"],
            offline_checks=now["camera.offline_checks"],
            black_mean=now["camera.black_mean"],
            black_spread=now["camera.black_spread"],
        ),
        Keeping(
            timedelta(minutes=now["camera.still_every"]),
            now["camera.stills_kept"],
            timedelta(minutes=now["camera.alarm_window"]),
        ),
    )


def poll_cameras(real: datetime, limit: int = SHARD) -> int:
    """Look at the cameras that are due at ``real`` (the real present moment); returns how many gave a picture."""
    at_rate = rate()
    enrol(real, at_rate)
    claims = claim(tuple(CAMERAS), real, limit, LEASE_S)
    if not claims:
        return 0
    begun = time.monotonic()
    found = 0
    rules, keeping = rules_in_force()
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="camera") as pool:
        # In the order in which they finish: a camera that hangs delays nobody's picture but its own.
        for done in as_completed([pool.submit(look_at, each) for each in claims]):
            shot = done.result()
            moment = real + timedelta(seconds=time.monotonic() - begun)
            note(shot, moment, at_rate, rules, keeping)
            found += shot.image is not None
    return found


def note(shot: Shot, real: datetime, at_rate: Rate, rules: Rules, keeping: Keeping) -> Belief:
    """Write down what one look showed: state, event on change, still where it is worth one, old stills dropped."""
    at, claimed = at_rate.at(real), shot.claimed
    pace = Pace.of(claimed.interval_s, at_rate.rate, CAMERAS[claimed.protocol])
    dropped: list[Still] = []
    with transaction.atomic():
        contact = Contact.objects.select_for_update().select_related("station").get(pk=claimed.station_id)
        before = _belief(contact)
        after = pictures.judge(before, shot.look, rules)
        plan = next_poll(
            pace, claimed.due_at, claimed.failures, shot.image is not None, real, random.random()
        )
        contact.peer = f"{claimed.config.get('host', '')}:{claimed.config.get('port', '')}"[:80]
        contact.due_at, contact.failures = plan.due_at, plan.failures
        contact.error, contact.took_ms = shot.error[:200], shot.took_s * 1000
        contact.picture_facts = _facts(after)
        if shot.image is not None:
            contact.heard_at = at
            if contact.silent_since is not None:
                contact.silent_since = None
                announce_many([("station.heard", contact.station, at, {})])
        if after.state != before.state:
            contact.picture, contact.picture_since = after.state, at
            announce_many(
                [("camera.changed", contact.station, at, {"from": before.state, "to": after.state})]
            )
        contact.save(
            update_fields=[
                "peer", "due_at", "failures", "error", "took_ms", "picture_facts", "heard_at", "silent_since",
                "picture", "picture_since",
            ]
        )  # fmt: skip
        if shot.image is not None:
            last = last_still(contact.station)
            due = last is None or at - last.taken_at >= keeping.every or at < last.taken_at
            if due or pictures.worth_keeping(before, after, last.fingerprint if last else None):
                keep_still(contact.station, shot.image, after, at)
                dropped = drop_old_stills(contact.station, keeping)
    for still in dropped:  # files are no part of a transaction: last, when the rows are gone for good
        still.image.delete(save=False)
    return after


def _belief(contact: Contact) -> Belief:
    facts = contact.picture_facts
    return Belief(
        contact.picture,
        b64decode(facts.get("sample", "")),
        facts.get("fingerprint", 0),
        facts.get("same", 0),
        facts.get("missed", 0),
    )


def _facts(belief: Belief) -> dict[str, Any]:
    return {
        "sample": b64encode(belief.sample).decode(),
        "fingerprint": belief.fingerprint,
        "same": belief.same,
        "missed": belief.missed,
    }


def keep_still(station: Station, image: Image.Image, belief: Belief, at: datetime) -> Still:
    """Keep a picture: at most 1280 wide, written anew as JPEG so that nothing but the picture is in the file."""
    if image.width > STILL_WIDTH:
        image = image.resize((STILL_WIDTH, max(1, image.height * STILL_WIDTH // image.width)))
    data = io.BytesIO()
    image.convert("RGB").save(data, "JPEG", quality=JPEG_QUALITY)
    still = Still(
        station=station, taken_at=at, received_at=at, state=belief.state, fingerprint=belief.fingerprint
    )
    still.image.save(f"{secrets.token_hex(12)}.jpg", ContentFile(data.getvalue()), save=False)
    still.save()
    return still


def drop_old_stills(station: Station, keeping: Keeping) -> list[Still]:
    """Delete the rows of all but the newest stills and those around an alarm; returns them for their files' sake."""
    watched = [station.code, *station.facts.get("watches", ())]
    old = list(Still.objects.filter(station=station).order_by("-taken_at", "-pk")[keeping.newest :])
    if not old:
        return []
    alarms = Alarm.objects.filter(
        Q(station__code__in=watched),
        Q(cleared_at=None) | Q(cleared_at__gte=old[-1].taken_at - keeping.alarm_window),
        raised_at__lte=old[0].taken_at + keeping.alarm_window,
    ).values_list("raised_at", "cleared_at")
    spans = [
        (raised - keeping.alarm_window, (cleared or raised) + keeping.alarm_window)
        for raised, cleared in alarms
    ]
    dropped = [still for still in old if not any(begin <= still.taken_at <= end for begin, end in spans)]
    Still.objects.filter(pk__in=[still.pk for still in dropped]).delete()
    return dropped


def last_still(station: Station) -> Still | None:
    """The newest picture kept of a camera."""
    return Still.objects.filter(station=station).order_by("-taken_at", "-pk").first()


def look_soon(codes: Sequence[str], real: datetime) -> int:
    """Make the cameras that watch one of the stations ``codes`` due at once; returns how many."""
    watching = Q()
    for code in codes:
        watching |= Q(station__facts__watches__contains=[code])
    if not codes:
        return 0
    return Contact.objects.filter(watching, station__kind=Station.Kind.CAMERA, due_at__gt=real).update(
        due_at=real
    )
