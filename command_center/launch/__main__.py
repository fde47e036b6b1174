"""`python -m command_center.launch COMMAND [ARGUMENTS]`, called by `./onemap`."""

import signal
import sys
from types import FrameType

from . import checks, demo, lock, measure


def main(command: str, arguments: list[str]) -> int:
    commands = {
        "run": demo.run,
        "manage": demo.manage,
        "test": checks.test,
        "lint": checks.lint,
        "bench": measure.bench,
        "lock": lock.renew,
    }
    signal.signal(signal.SIGTERM, _leave)  # so that servers are stopped on the way out
    return commands[command](arguments)


def _leave(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
