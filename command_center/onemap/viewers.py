"""Who sits at the other end of a socket, asked again and again: a right that ended ends the socket."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.models import Session
from django.utils.crypto import constant_time_compare

from command_center.core.now import now
from command_center.core.scope import Scope, scope_of

from .models import Wall
from .pairing import TOKEN_COOKIE, hashed, live_walls, scope_of_wall

_SEEN = timedelta(seconds=30)  # how finely the desk is told when a wall was last there


@dataclass(frozen=True, slots=True)
class Identity:
    """What the handshake's cookies claim: a session, or a wall's token (as its hash)."""

    session: str = ""
    wall: str = ""


def claimed(cookies: Mapping[str, str]) -> Identity:
    wall = cookies.get(TOKEN_COOKIE, "")
    return Identity(cookies.get(settings.SESSION_COOKIE_NAME, ""), hashed(wall) if wall else "")


def scopes(identities: Iterable[Identity]) -> dict[Identity, Scope | None]:
    """What each may see now; None for one that may not be here (signed out, expired, revoked, unknown).

    A few queries for all together, however many sockets: sessions, users, one scope a user, walls.
    """
    identities = set(identities)
    people = _people({one.session for one in identities if one.session})
    walls = _walls({one.wall for one in identities if one.wall})
    return {one: people.get(one.session) or walls.get(one.wall) for one in identities}


def _walls(hashes: set[str]) -> dict[str, Scope]:
    if not hashes:
        return {}
    found = list(live_walls().filter(token_hash__in=hashes))
    present = datetime.now(UTC)
    unseen = [wall.pk for wall in found if not wall.last_seen_at or present - wall.last_seen_at > _SEEN]
    if unseen:
        Wall.objects.filter(pk__in=unseen).update(last_seen_at=present)
    return {wall.token_hash: scope_of_wall(wall) for wall in found}


def _people(keys: set[str]) -> dict[str, Scope]:
    if not keys:
        return {}
    claims = {}
    for session in Session.objects.filter(session_key__in=keys, expire_date__gt=datetime.now(UTC)):
        data = session.get_decoded()
        if SESSION_KEY in data:
            claims[session.session_key] = (data[SESSION_KEY], data.get(HASH_SESSION_KEY, ""))
    model = get_user_model()
    users = model.objects.in_bulk({model._meta.pk.to_python(pk) for pk, _ in claims.values()})
    users = {str(pk): user for pk, user in users.items() if user.is_active}
    held = {pk: scope_of(user, now()) for pk, user in users.items()}
    return {
        key: held[pk]
        for key, (pk, auth_hash) in claims.items()
        # The hash changes with the password: a changed password ends the other sessions' sockets too.
        if pk in users and constant_time_compare(auth_hash, users[pk].get_session_auth_hash())
    }
