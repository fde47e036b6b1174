"""One machine: `./onemap run`. Private servers, plain HTTP on loopback, the demo's fast clock allowed."""

from .base import *
from .base import CONTENT_SECURITY_POLICY, OURS, env

SECRET_KEY = env("SECRET_KEY", default="")
OURS["demo_clock_allowed"] = True
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = env.bool("STATIC_AUTOREFRESH", default=False)
OURS["device_networks"] = env.list("DEVICE_NETWORKS", default=["127.10.0.0/16"])  # the simulated field
# The simulated provider of messages, where no other is named.
_messages = f"http://127.10.251.1:{OURS['sim_port_base'] + 1}/messages"
OURS["message_urls"] = {channel: url or _messages for channel, url in OURS["message_urls"].items()}
# The web cameras and media gateways of the simulated field.
_fields = [f"http://127.10.3.{host}:{OURS['sim_port_base'] + 3}" for host in (1, 2, 3)]
OURS["media_origins"] = env.list("MEDIA_ORIGINS", default=_fields)
for _directive in ("img-src", "media-src", "connect-src"):
    CONTENT_SECURITY_POLICY["DIRECTIVES"][_directive] = list(
        dict.fromkeys([*CONTENT_SECURITY_POLICY["DIRECTIVES"][_directive], *OURS["media_origins"]])
    )
