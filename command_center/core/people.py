"""What people are called. Rows and the log book keep login names, which are unique and do not change; screens show these.

A name that was changed shows on the next page, half a minute later at most.
"""

import threading
import time

Names = dict[str, str]  # display names by login

_READ_AGAIN_S = 30.0
_lock = threading.Lock()
_known: tuple[float, Names, Names] | None = None


def _read() -> tuple[Names, Names]:
    """Everybody's names, and those that pages are told; kept for a while in each process."""
    global _known
    with _lock:
        if _known and time.monotonic() - _known[0] < _READ_AGAIN_S:
            return _known[1:]
    from .models import User

    rows = list(User.objects.exclude(display_name="").values_list("username", "display_name", "is_staff"))
    everybody = {login: name for login, name, _ in rows}
    told = {login: name for login, name, staff in rows if not staff}
    with _lock:
        _known = (time.monotonic(), everybody, told)
    return everybody, told


def names() -> Names:
    """Display names by login, of everybody who has one; also of those who left, since what they did is still shown."""
    return _read()[0]


def told_to_pages() -> Names:
    """As ``names``, for the browser. Every page carries these, a wall's too: accounts that may enter the administration
    are left out, so that no page names whom it would pay to attack; where it shows what they did, it says the login."""
    return _read()[1]


def name_of(login: str) -> str:
    """What ``login`` is called; itself where it has no name (as clocks, feeds and units)."""
    return names().get(login, login)


def forget() -> None:
    """Read the names again at the next call (between tests)."""
    global _known
    with _lock:
        _known = None
