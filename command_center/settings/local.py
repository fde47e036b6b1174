"""One machine: `./onemap run`. Private servers, plain HTTP on loopback, the demo's fast clock allowed."""

from .base import *
from .base import OURS, env

SECRET_KEY = env("SECRET_KEY", default="")
OURS["demo_clock_allowed"] = True
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = env.bool("STATIC_AUTOREFRESH", default=False)
OURS["device_networks"] = env.list("DEVICE_NETWORKS", default=["127.10.0.0/16"])  # the simulated field
