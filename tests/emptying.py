"""The database after a test that really committed: as the migrations left it, at the price of what was written.

Django's own flush truncates every table, the hundred empty ones too, and makes all content types and permissions again.
"""

from contextlib import contextmanager

from django.core.management.sql import emit_post_migrate_signal
from django.db import connection, transaction

KEPT = ["django_migrations", "django_content_type", "auth_permission", "spatial_ref_sys"]
LARGE = 1 << 20  # bytes of deleted rows that the next test would have to step over


def empty(*_: object) -> None:
    """Delete every row that is there, past triggers and foreign keys, and write again what applications begin with."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%%I', relname), relispartition FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace AND relname <> ALL(%s)",
            [KEPT],
        )
        part = dict(cursor.fetchall())
        cursor.execute(
            " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in part)
        )
        used = [table for (table,) in cursor.fetchall()]
        cursor.execute("SET session_replication_role = replica")
        for table in used:
            cursor.execute(f"TRUNCATE {table}" if part[table] else f"DELETE FROM {table}")
        cursor.execute("RESET session_replication_role")
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND pg_relation_size(oid) > %s",
            [used, LARGE],
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"VACUUM {table}")
    emit_post_migrate_signal(verbosity=0, interactive=False, db=connection.alias)


@contextmanager
def rolled_back(blocker):
    """What is written here lasts as long as the block: for a fixture of a whole module, whose tests only look or roll back.
    ``blocker``: pytest-django's ``django_db_blocker``."""
    with blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)
