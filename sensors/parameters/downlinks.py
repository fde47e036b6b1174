"""Numbers about commands to equipment, with their source."""

from command_center.core.parameters import parameter

parameter(
    "downlink.next_call",
    70,
    "min",
    "Real time. Gauges that save power call once an hour; ten minutes more for a bad line.",
    "Questions to terminals: how long their next call is waited for",
)
parameter(
    "downlink.patience",
    60,
    "s",
    "Real time. A warning that comes a minute late is none: what could not be told by then is not told any more.",
    "Commands to equipment: how long they are tried",
)
