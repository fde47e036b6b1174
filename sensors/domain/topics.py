"""Topics of MQTT with the place of the device in them: "drainage/{address}/up" is every device's own topic at once.

``+`` and ``#`` are MQTT's wildcards. ``{address}`` stands for the device as the broker names it: a whole level of the topic or
a part of one.
"""

import re
from functools import lru_cache

DEVICE = "{address}"
LONGEST = 300
NO_TOPIC = "the topic has no letters, or wildcards and {address} where MQTT does not allow them"


def wrong(template: str) -> str:
    """Why ``template`` is no topic to subscribe to; empty where it is one."""
    levels = template.split("/")
    for number, level in enumerate(levels):
        if ("+" in level and level != "+") or level.count(DEVICE) > 1:
            return NO_TOPIC
        if "#" in level and (level != "#" or number < len(levels) - 1):
            return NO_TOPIC
    if not template.strip("/") or len(template.encode()) > LONGEST or not template.isprintable():
        return NO_TOPIC
    # One level of names, or nothing would tell the devices from everything else on the broker.
    if template.count(DEVICE) > 1 or template.startswith("#") or template.startswith("$"):
        return NO_TOPIC
    return ""


def subscription(template: str) -> str:
    """The filter by which the broker sends what ``template`` means, the devices that nobody knows yet included."""
    return "/".join("+" if DEVICE in level else level for level in template.split("/"))


def address_in(template: str, topic: str) -> str | None:
    """Which device of ``template`` speaks in ``topic``: empty where the template names none, None where it does not fit."""
    found = _pattern(template).fullmatch(topic)
    if found is None:
        return None
    return found["device"] if DEVICE in template else ""


@lru_cache(maxsize=4096)
def _pattern(template: str) -> re.Pattern[str]:
    said = ""
    for number, level in enumerate(template.split("/")):
        slash = "/" if number else ""
        if level == "#":
            said += f"(?:{slash}.*)?" if number else ".*"
        elif level == "+":
            said += f"{slash}[^/]*"
        else:
            said += slash + "(?P<device>[^/]+)".join(map(re.escape, level.split(DEVICE)))
    return re.compile(said, re.DOTALL)
