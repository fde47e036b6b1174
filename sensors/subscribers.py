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
def count_the_drivers_alarms(event: Happening) -> None:
    """One too many within the hour: the carrier's safety officer and the desk are told."""
    from .services.trip_clock import count_repeated

    count_repeated(event.subject_id, at=event.at)


@on("alarm.raised")
@on("alarm.suppression")
def call_the_building(event: Happening) -> None:
    """The first fire alarm of a building: who is responsible there is called."""
    from .services.fire_calls import take

    take(event.subject_id, at=event.at)


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


@on("alarm.raised")
@on("alarm.level_changed")
@on("alarm.suppression")
def call_people(event: Happening) -> None:
    """What rings and is serious calls from desk to desk; what was set aside does not."""
    from command_center.duty.calling import wanted

    from .services.attention import call_for, look_at_suppression

    if event.data.get("rang"):
        if wanted(event.data["level"]):
            call_for(event.subject_id, at=event.at)
    elif event.kind == "alarm.suppression":
        look_at_suppression(event.subject_id, at=event.at)


@on("alarm.cleared")
@on("alarm.retracted")
def stop_calling(event: Happening) -> None:
    """What is over fetches nobody."""
    from .services.attention import is_over

    is_over(event.subject_id, at=event.at)
