"""Numbers about calling people that a district may change, with their source."""

from command_center.core.parameters import parameter

parameter(
    "call.level",
    2,
    "level",
    "Red and orange call people one after another until somebody answers; yellow and blue only sound. 0: nobody is called.",
    "Calls: the least severe level that goes on to the next desk",
)
parameter(
    "call.steps",
    (0.0, 30.0, 60.0, 120.0),
    "s",
    "Real seconds after the alarm: own desk, next desk, shift leader, telephone and short message. A person at the desk answers"
    " within half a minute or is not there.",
    "Calls: own desk, next desk, shift leader, telephone",
)
parameter(
    "sound.level",
    4,
    "level",
    "IEC 62682: each priority has a sound of its own. In a flood only red and orange sound. 0: no sound.",
    "Sound: the least severe level with a tone",
)
parameter(
    "sound.speaks",
    2,
    "level",
    "Red and orange are also spoken: whoever looks elsewhere knows where to go. 0: nothing is spoken.",
    "Sound: the least severe level that is spoken",
)
parameter(
    "sound.repeat",
    (10.0, 20.0, 60.0, 120.0),
    "s",
    "Red, orange, yellow, blue: seconds until it sounds again while nobody has acknowledged it. 0: once.",
    "Sound: repeated after, by level",
)
