"""What this app does when it hears of what happened."""

from datetime import UTC, datetime

from command_center.core.events import Happening, on


@on("alarm.raised")
def look_at_the_place(event: Happening) -> None:
    """Cameras that watch the place of a new alarm are looked at at once: what the duty officer asks for first."""
    from .models import Station
    from .services.cameras import look_soon

    codes = Station.objects.filter(pk=event.data.get("station")).values_list("code", flat=True)
    look_soon(list(codes), datetime.now(UTC))
