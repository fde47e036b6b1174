"""One at a time in the whole hall, whichever process: locks of the database, held until the transaction ends."""

from hashlib import blake2b

from django.db import connection


def alone(name: str) -> None:
    """Wait until nobody else holds the lock ``name``, and hold it until this transaction ends."""
    _taken("pg_advisory_xact_lock", name)


def first(name: str) -> bool:
    """Hold the lock ``name`` until this transaction ends, unless somebody does: then two at once are one."""
    return _taken("pg_try_advisory_xact_lock", name) is True


def _taken(how: str, name: str) -> object:
    assert connection.in_atomic_block, "a lock outside of a transaction is gone at once"
    number = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {how}(%s)", [number])
        return cursor.fetchone()[0]
