"""Looking at cameras: one picture each time they are due, what it tells about the camera, and the stills that are kept."""

import logging
import random
import time
from base64 import b64decode, b64encode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction
from PIL import Image

from command_center.core.events import announce_many
from command_center.core.now import Rate, rate
from command_center.core.parameters import values
from sensors.domain import pictures, views
from sensors.domain.pictures import Belief, Look, Rules
from sensors.domain.polling import Pace, next_poll
from sensors.domain.views import Rules as ViewRules
from sensors.domain.views import View
from sensors.models import CameraView, Contact, Station, Still

from . import picture_checks
from .grabbing import NoPicture, grab
from .polling import CAMERAS, Claim, claim, enrol
from .stills import Keeping, cameras_at, drop_old_stills, hurried, keep_still, keeping_in_force, last_still

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Pictures decoded side by side: each is a burst of work, and the machine has other things to do."""
SHARD = 16
LEASE_S = 60.0
"""Longer than a shard takes in which every camera stands behind a gateway that is slow to start it."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture of one camera, or the reason why there is none."""

    claimed: Claim
    image: Image.Image | None
    look: Look | None
    error: str
    took_s: float
    view: View | None = None


def look_at(claimed: Claim) -> Shot:
    """Try for one picture; never raises."""
    begun = time.monotonic()
    image, seen, of_it, error = None, None, None, ""
    try:
        image = grab(claimed.protocol, claimed.config)
        grey = np.asarray(image.convert("L"))
        seen, of_it = pictures.look(grey), views.view(grey)
    except NoPicture as why:
        error = str(why)
    except (KeyError, TypeError, ValueError) as wrong:
        error = f"configuration: {wrong}"
    except Exception:
        # Decoders are large; a mistake met in one camera's stream must not end the others' turn.
        log.exception("looking at a camera failed")
        error = "internal error"
    return Shot(claimed, image, seen, error, time.monotonic() - begun, of_it)


@dataclass(frozen=True, slots=True)
class InForce:
    """The district's numbers, read once a round. ``hurried``: cameras near a fresh alarm, which look every ``hurry``."""

    pictures: Rules
    views: ViewRules
    keeping: Keeping
    hurried: frozenset[UUID] = frozenset()
    hurry: timedelta = timedelta(seconds=5)


def rules_in_force(at: datetime) -> InForce:
    now = values(
        [
            "camera.frozen_checks",
            "camera.offline_checks",
            "camera.black_mean",
            "camera.black_spread",
            "camera.alarm_every",
        ]
    )
    return InForce(
        Rules(
            frozen_checks=now["camera.frozen_checks"],
            offline_checks=now["camera.offline_checks"],
            black_mean=now["camera.black_mean"],
            black_spread=now["camera.black_spread"],
        ),
        picture_checks.rules_in_force(),
        keeping_in_force(),
        frozenset(hurried(at)),
        timedelta(seconds=now["camera.alarm_every"]),
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
    rules = rules_in_force(at_rate.at(real))
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="camera") as pool:
        # In the order in which they finish: a camera that hangs delays nobody's picture but its own.
        for done in as_completed([pool.submit(look_at, each) for each in claims]):
            shot = done.result()
            moment = real + timedelta(seconds=time.monotonic() - begun)
            note(shot, moment, at_rate, rules)
            found += shot.image is not None
    return found


def note(shot: Shot, real: datetime, at_rate: Rate, rules: InForce) -> Belief:
    """Write down what one look showed: state, event on change, work for people, the still, old stills dropped."""
    at, claimed = at_rate.at(real), shot.claimed
    pace = Pace.of(claimed.interval_s, at_rate.rate, CAMERAS[claimed.protocol])
    dropped: list[Still] = []
    with transaction.atomic():
        contact = Contact.objects.select_for_update().select_related("station").get(pk=claimed.station_id)
        station = contact.station
        before = _belief(contact)
        after = pictures.judge(before, shot.look, rules.pictures)
        view: CameraView | None = None
        changed: list[str] = []
        if shot.image is not None:
            view, _ = CameraView.objects.get_or_create(station=station)
            if after.state == pictures.ONLINE and shot.view is not None:
                fixed = not station.facts.get("turns")
                state, changed = picture_checks.judge(view, shot.view, rules.views, fixed=fixed)
                after = replace(after, state=state)
        plan = next_poll(
            pace, claimed.due_at, claimed.failures, shot.image is not None, real, random.random()
        )
        contact.peer = f"{claimed.config.get('host', '')}:{claimed.config.get('port', '')}"[:80]
        contact.due_at, contact.failures = plan.due_at, plan.failures
        urgent = claimed.station_id in rules.hurried
        if urgent and shot.image is not None:
            contact.due_at = min(plan.due_at, real + rules.hurry)
        contact.error, contact.took_ms = shot.error[:200], shot.took_s * 1000
        contact.picture_facts = _facts(after)
        if shot.image is not None:
            contact.heard_at = at
            if contact.silent_since is not None:
                contact.silent_since = None
                announce_many([("station.heard", station, at, {})])
        if after.state != before.state:
            contact.picture, contact.picture_since = after.state, at
            announce_many([("camera.changed", station, at, {"from": before.state, "to": after.state})])
        contact.save(
            update_fields=[
                "peer", "due_at", "failures", "error", "took_ms", "picture_facts", "heard_at", "silent_since",
                "picture", "picture_since",
            ]
        )  # fmt: skip
        if shot.image is not None and view is not None:
            keep = _worth(station, before, after, at, rules.keeping, urgent)
            view.still, view.taken_at = keep_still(station, shot.image, after, at, keep), at
            view.save(update_fields=["still", "taken_at", *changed])
            dropped = drop_old_stills(station, rules.keeping, at, view.still)
            if shot.look is not None:
                picture_checks.note_trouble(station, after, shot.look, view, at)
    for still in dropped:  # files are no part of a transaction: last, when the rows are gone for good
        still.image.delete(save=False)
    return after


def _worth(
    station: Station, before: Belief, after: Belief, at: datetime, keeping: Keeping, urgent: bool
) -> Still.Keep:
    """How long the new picture stays: the newest view always does, until the next one comes."""
    if urgent:
        return Still.Keep.HELD
    last = last_still(station, kept=True)
    due = last is None or at - last.taken_at >= keeping.every or at < last.taken_at
    if due or pictures.worth_keeping(before, after, last.fingerprint if last else None):
        return Still.Keep.ORDINARY
    return Still.Keep.PASSING


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


def look_soon(codes: Sequence[str], real: datetime) -> int:
    """Make the cameras that watch one of the stations ``codes``, or stand near it, due at once; returns how many."""
    if not codes or not (near := cameras_at(codes)):
        return 0
    return Contact.objects.filter(station__in=near, due_at__gt=real).update(due_at=real)
