"""`./onemap bench [NAME]`: figures with their ceilings, on servers of its own that keep what they acknowledge."""

import os

from .place import MARK, Place
from .servers import Servers
from .steps import PYTHON, attended, quiet


def bench(arguments: list[str]) -> int:
    """Run `manage.py bench` on private servers with fsync on; its lines on standard output are left alone."""
    place = Place("bench")
    place.hold(wait=True)
    place.end_processes()
    try:
        with Servers(place, durable=True).running() as urls:
            env = (
                dict(os.environ)
                | urls
                | {
                    "DJANGO_SETTINGS_MODULE": "command_center.settings.local",
                    "SECRET_KEY": place.kept("secret_key"),
                    "DEVICE_SECRET_KEY": place.kept("device_secret_key"),
                    "ONEMAP_VAR": str(place.folder),
                    "PORT": str(place.port("web_port")),
                    **place.gateway_ports(),
                    "SIM_PORT_BASE": str(place.port("sim_port_base")),
                    MARK: place.mark,
                }
            )
            quiet([PYTHON, "manage.py", "migrate", "--no-input"], env)
            return attended([PYTHON, "manage.py", "bench", *arguments], env)
    finally:
        place.end_processes()
