"""The process that listens for equipment which dials in: sockets, answers, and what was promised by an answer."""

from sensors.gateway.server import Gateway
from sensors.gateway.settings import Limits

__all__ = ["Gateway", "Limits"]
