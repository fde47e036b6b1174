"""How much is kept of strangers, frames and files, with the reason."""

from command_center.core.parameters import parameter

parameter(
    "lobby.most",
    500,
    "stations",
    "A few times the equipment that a district connects in a campaign; more at once is a mistake or an attack.",
    "Unknown devices that are listed",
)
parameter(
    "lobby.replay_days",
    7,
    "d",
    "A week from the installer's visit to the desk; older frames can still be found and read one by one.",
    "Days of kept frames that are read when a device is adopted",
)
parameter(
    "frame.keep_days",
    30,
    "d",
    "A month, as the stores in devices reach back about as far: what was lost can be asked for again.",
    "Days that frames are kept as they came",
)
parameter(
    "reading_file.keep_days",
    400,
    "d",
    "As long as readings are kept, so that a value can be traced to the file in which it came.",
    "Files of readings are kept for",
)
