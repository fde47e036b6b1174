"""Addresses for services: what the beat and the queues may call."""

from datetime import UTC, datetime

from celery import shared_task

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
    """Days ahead are made, days past their retention dropped."""
    from command_center.core.now import now

    from .services.partitions import keep
    from .services.vehicles import drop_old

    drop_old(now())
    there, dropped = keep(now())
    return f"{there} partitions, {dropped} dropped"


@shared_task
def tick_rain():
    """The sums of gauges that fell silent slide on."""
    from command_center.core.now import now

    from .services.rain import settle

    return f"{settle(now())} gauges"


@shared_task
def tick_silence():
    """Stations and links that are not heard any more, and those that are heard again."""
    from command_center.core.now import now, rate

    from .services.contact import watch_silence

    seen = watch_silence(now(), real=datetime.now(UTC), clock=rate())
    return f"{seen.marked} silent, {seen.raised} raised, {seen.cleared} cleared"


@sweeper(5.0)
def settle_suppressions() -> str:
    """Shelves and windows that begin or end."""
    from command_center.core.now import now

    from .services.suppressing import sweep

    return f"{sweep(now())} changed"
