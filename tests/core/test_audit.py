"""The log book can only grow, and what was altered behind its back is named."""

import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, connection, transaction

from command_center.core import audit
from command_center.core.actor import clock
from command_center.core.acts import record_act
from command_center.core.models import Area, AuditEntry
from tests.conftest import NOON
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def area():
    return Area.objects.create(code="370502", name="东营区", kind="district", path="/dy/")


def write(area, count, **given):
    for number in range(count):
        record_act("test.wrote", area, by=clock("test"), at=NOON, reason=f"第{number}行 \x1f", **given)


def behind_its_back(sql):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE core_auditentry DISABLE TRIGGER USER; {sql}")
        cursor.execute("ALTER TABLE core_auditentry ENABLE TRIGGER USER")


def test_every_line_carries_the_hash_of_the_one_before(area):
    write(area, 5, k=[1, "二"])
    assert audit.head()[0] == 5 and audit.first_fault() == ""


@pytest.mark.parametrize("sql", ["UPDATE core_auditentry SET reason = 'x'", "DELETE FROM core_auditentry"])
def test_a_line_can_be_neither_changed_nor_removed(area, sql):
    write(area, 2)
    with (
        pytest.raises(InternalError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
    assert AuditEntry.objects.count() == 2


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("UPDATE core_auditentry SET who = 'another' WHERE number = 3", "line 3 was altered"),
        ("UPDATE core_auditentry SET data = '{\"a\": 1}' WHERE number = 2", "line 2 was altered"),
        ("DELETE FROM core_auditentry WHERE number = 4", "line 4 is missing"),
    ],
)
def test_the_first_altered_line_is_named(area, sql, fault, capsys):
    write(area, 6)
    behind_its_back(sql)
    assert fault in audit.first_fault()
    with pytest.raises(SystemExit):
        call_command("verify_audit")
    assert fault in capsys.readouterr().err


def test_a_cut_tail_shows_against_a_head_kept_elsewhere(area):
    write(area, 4)
    number, digest = audit.head()
    behind_its_back("DELETE FROM core_auditentry WHERE number = 4")
    assert audit.first_fault() == ""  # a chain alone cannot know its end
    with pytest.raises((SystemExit, CommandError)):
        call_command("verify_audit", head=f"{number}:{digest}")


def test_writers_at_the_same_time_make_one_unbroken_chain(area):
    def work():
        for _ in range(20):
            with transaction.atomic():
                write(area, 2)

    at_once(*[work] * 4)
    assert audit.head()[0] == 160 and audit.first_fault() == ""
