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


@on("alarm.raised")
def tell_the_driver(event: Happening) -> None:
    """A tired or distracted driver hears it from the vehicle's own terminal, before anybody has picked up a telephone."""
    from .services.driver_warnings import warn_driver

    warn_driver(event.subject_id, at=event.at)


@on("alarm.raised")
@on("alarm.cleared")
@on("alarm.retracted")
def suppress_what_follows(event: Happening) -> None:
    """An alarm that suppresses others by design has come or gone."""
    from .models import Alarm, DesignRule
    from .services.suppressing import look_again

    rule = Alarm.objects.filter(pk=event.subject_id).values_list("rule", flat=True).first()
    effects = DesignRule.objects.filter(active=True, cause=rule).values_list("effect", flat=True)
    if effects:
        look_again(event.at, set(effects))
