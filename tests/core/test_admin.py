"""The back office: what an administrator sets up there goes through the same doors as everywhere."""

import pytest
from django.test import Client

from command_center.core import parameters
from command_center.core.models import Area, AuditEntry, FailedDelivery, Membership, User


@pytest.fixture
def desk(district):
    user = User.objects.create(username="boss", is_staff=True, is_superuser=True)
    Membership.objects.create(user=user, role="administrator", area=Area.objects.get(path="/dy/"))
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    "page",
    ["core/user/", "core/area/", "core/department/", "core/holiday/", "core/parameterchange/", "core/auditentry/",
     "sensors/station/", "core/faileddelivery/", "core/parameterchange/add/", "core/area/?q=文汇"],
)  # fmt: skip
def test_the_pages_open(desk, page):
    assert desk.get(f"/admin/{page}").status_code == 200


def test_a_parameter_is_changed_through_its_history(desk):
    name = "attachment.most_mb"
    answer = desk.post(
        "/admin/core/parameterchange/add/", {"name": name, "value": "20", "reason": "small disk"}
    )
    assert answer.status_code == 302, answer.content.decode()[:2000]
    assert parameters.value(name) == 20
    assert AuditEntry.objects.get(act="parameter.changed").via == "admin"


def test_a_value_that_does_not_fit_is_refused_beside_its_field(desk):
    answer = desk.post(
        "/admin/core/parameterchange/add/", {"name": "attachment.most_mb", "value": '"much"', "reason": "x"}
    )
    assert answer.status_code == 200 and not AuditEntry.objects.exists()


def test_the_log_book_cannot_be_edited_here(desk):
    assert desk.get("/admin/core/auditentry/add/").status_code == 403


def test_what_was_given_up_is_tried_again_by_an_act(desk):
    row = FailedDelivery.objects.create(seq=1, listener="x", attempts=8, given_up=True)
    answer = desk.post("/admin/core/faileddelivery/", {"action": "try_again", "_selected_action": [row.pk]})
    assert answer.status_code == 302
    row.refresh_from_db()
    assert (row.attempts, row.given_up) == (0, False)
    assert AuditEntry.objects.get(act="delivery.retried").who == "boss"
