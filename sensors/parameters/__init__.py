"""Numbers that a district may change, each with its source; a module for each subject. Importing this declares them."""

from . import (  # noqa: F401
    alarms,
    cameras,
    downlinks,
    fire,
    fire_spots,
    gas,
    keeping,
    readings,
    silence,
    vehicles,
    warnings,
    water,
)
