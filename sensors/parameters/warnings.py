"""Numbers of public warnings, with their source."""

from command_center.core.parameters import parameter

parameter(
    "warning.default_expire",
    24.0,
    "h",
    "Handbook 1.3: what says no end has lapsed after a day, unless it was cancelled or superseded before.",
    "Warnings: end where none is told",
)
parameter(
    "warning.keep_days",
    400,
    "d",
    "As long as the readings of the storm they were issued for.",
    "Warnings: days that messages are kept",
)
