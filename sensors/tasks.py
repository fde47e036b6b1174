"""Addresses for services: what the beat and the queues may call."""

from datetime import UTC, datetime

from celery import shared_task


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
