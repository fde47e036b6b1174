"""What the workers do for people on duty."""

from datetime import UTC, datetime

from celery import shared_task

from command_center.core.now import now


@shared_task
def send_messages() -> str:
    """Messages that are due leave the house."""
    from .messages import send_due

    return f"{send_due(datetime.now(UTC), now())} sent"


@shared_task
def tick_calls() -> str:
    """Calls that nobody has answered go on to the next step."""
    from .calling import sweep

    return f"{sweep(datetime.now(UTC), now())} steps"


@shared_task
def tick_roster() -> str:
    """Turns of duty that are over leave the screens."""
    from .roster import retire

    return f"{retire(now())} turns"
