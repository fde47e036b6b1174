"""Who drives: the card that goes into a vehicle's terminal (JT/T 808, 0702) names the driver by certificate."""

from collections.abc import Sequence
from datetime import datetime

from ..domain.trips import UNDER_WAY
from ..models import Driver, Station, Trip, VehicleStanding
from .ingest import Frame
from .trip_clock import company_of


def note(frames: Sequence[Frame]) -> int:
    """Take over what cards say, in the order of their times; returns how many were read.

    A card that cannot be read says nothing. A driver who is not known yet is entered; a trip under way without
    a driver gets this one, and one that names another keeps it: the page of the vehicle shows both.
    """
    told = [
        (datetime.fromisoformat(frame.message.details["card_at"]), frame)
        for frame in frames
        if frame.message is not None
        and frame.message.function == "0702"
        and frame.message.details.get("card_at")
    ]
    for at, frame in sorted(told, key=lambda one: one[0]):
        station = Station.objects.filter(protocol=frame.protocol, address=frame.address).first()
        if station is not None and frame.message is not None:
            _note(station, at, frame.message.details)
    return len(told)


def _note(station: Station, at: datetime, details: dict[str, object]) -> None:
    driver = None
    if details["card"] == "in":
        certificate = str(details.get("certificate", ""))[:20]
        if not certificate:
            return
        driver, _ = Driver.objects.get_or_create(
            certificate=certificate,
            defaults={
                "name": str(details.get("driver", ""))[:40],
                "company": company_of(station),
                "area_path": station.area_path,
            },
        )
    row, made = VehicleStanding.objects.get_or_create(
        station=station, defaults={"at": at, "driver": driver, "driver_since": at}
    )
    if not made:
        if row.driver_since is not None and row.driver_since >= at:
            return  # a card of before
        VehicleStanding.objects.filter(pk=row.pk).update(driver=driver, driver_since=at)
    if driver is not None:
        Trip.objects.filter(vehicle=station, state=UNDER_WAY, driver=None).update(driver=driver)
