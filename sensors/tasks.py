"""Addresses for services: what the beat and the queues may call."""

from datetime import UTC, datetime

from celery import shared_task

from command_center.core.now import now, rate
from command_center.core.tasks import sweeper


@shared_task
def poll_due():
    """Ask one shard of the devices that are due; a full shard calls the next worker."""
    from .services.polling import poll_shard

    tally = poll_shard(datetime.now(UTC), on_full=lambda: poll_due.apply_async(retry=False, expires=5))
    return f"{tally.answered} of {tally.asked} answered"


@shared_task
def poll_cameras():
    """Look at the cameras that are due."""
    from .services.cameras import poll_cameras as look

    return f"{look(datetime.now(UTC))} pictures"


@shared_task
def keep_partitions():
    """Days ahead are made, days past their retention dropped, and what else is past its time."""
    from .services import partitions, reading_files, vehicles, warnings

    # First of all: readings need their day, whatever happens to old rows.
    there, dropped = partitions.keep(now())
    for kind in (vehicles, warnings, reading_files):
        kind.drop_old(now())
    return f"{there} partitions, {dropped} dropped"


@shared_task
def tick_rain():
    """The sums of gauges that fell silent slide on."""
    from .services.rain import settle

    return f"{settle(now())} gauges"


@shared_task
def tick_silence():
    """Stations and links that are not heard any more, and those that are heard again."""
    from .services.contact import watch_silence

    seen = watch_silence(now(), real=datetime.now(UTC), clock=rate())
    return f"{seen.marked} silent, {seen.raised} raised, {seen.cleared} cleared"


@sweeper(5.0)
def settle_suppressions() -> str:
    """Shelves and windows that begin or end."""
    from .services.suppressing import sweep

    return f"{sweep(now())} changed"


@shared_task
def keep_hours():
    """Hours that are over are checked and summed up, and those that late data touched again."""
    from .services.checking import follow

    done = follow(now())
    return f"{done.hours} hours, {done.changed} readings judged otherwise, {done.closed} tasks closed"


@shared_task
def tick_rules():
    """Missing readings, alarms that ring again, alarms whose rule is not in force any more."""
    from .services.rule_clock import tick

    seen = tick(now())
    return f"{seen.absent} missing, {seen.back} back, {seen.again} rang again, {seen.ended} ended"


@shared_task
def rehearse_rules():
    """Drafts of rules are tried on the past."""
    from .services.rehearsal import rehearse_waiting

    return f"{rehearse_waiting(now())} tried"


@shared_task
def poll_warnings():
    """Ask the feeds of public warnings that are due."""
    from .services.warning_feeds import poll

    return f"{poll(datetime.now(UTC), now())} new messages"


@sweeper(2.0)
def watch_floods() -> str:
    """Desks that are flooded with new alarms, and those that are not any more."""
    from .services.floods import count_floods

    return f"{count_floods(now())} changed"


@sweeper(5.0)
def settle_warnings() -> str:
    """Public warnings whose time is over lapse."""
    from .services.warnings import settle_expired

    return f"{settle_expired(now())} lapsed"


@sweeper(10.0)
def tell_alarm_hours() -> str:
    """Hours of alarms are told anew where one of their alarms changed."""
    from .services.alarm_health import follow

    return f"{follow()} hours"


@sweeper(2.0)
def watch_fire_calls() -> str:
    """Calls about fire alarms that nobody answered, and those that are over."""
    from .services.fire_calls import tick

    return f"{tick(now(), datetime.now(UTC))} changed"


@sweeper(5.0)
def check_guards() -> str:
    """Guard checks whose time has come, and what came of those under way."""
    from .services.guard_rounds import tick

    asked, settled = tick(now())
    return f"{asked} asked, {settled} settled"


@sweeper(10.0)
def watch_trips() -> str:
    """Vehicles on a trip that nobody sees, and drivers who have calmed down."""
    from .services.trip_clock import tick

    raised, cleared = tick(now())
    return f"{raised} raised, {cleared} cleared"


@shared_task
def keep_reading_files():
    """What lies in the drop folder is registered, and files of readings that wait are taken, a few seconds at a time."""
    import time
    from pathlib import Path

    from django.conf import settings

    from .services.reading_drop import look
    from .services.reading_files import take_waiting

    found = look(Path(settings.VAR) / "drop", at=now(), real_s=time.time())
    return f"{found} found, {take_waiting(now())} taken"
