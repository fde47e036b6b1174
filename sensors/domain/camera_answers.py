"""What cameras and the gateways before them answer alike, whatever protocol they are asked in."""

from dataclasses import dataclass


class CameraRefused(ValueError):
    """The camera or its gateway answered, but not with what was asked; in its own words where it has some."""


class WantsPassword(CameraRefused):
    """It wants another user name, password or key."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A view that a camera has been taught. ``token`` is the camera's name of it."""

    token: str
    name: str
