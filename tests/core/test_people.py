"""What people are called on screens, whose rows know them by login."""

import pytest
from django.template import Context, Template

from command_center.core import people
from command_center.core.models import User

pytestmark = pytest.mark.django_db
SHOWN = Template('{% load people %}{{ login|person|default:"—" }}')


def shown(login):
    return SHOWN.render(Context({"login": login}))


def test_a_login_is_shown_as_the_name_of_its_person_and_as_itself_where_it_has_none():
    User.objects.create(username="duty1", display_name="<值班员>", is_active=False)
    User.objects.create(username="duty2")
    assert shown("duty1") == "&lt;值班员&gt;"
    assert [shown(login) for login in ("duty2", "clock:incidents", "unit:V02", "gone")] == [
        "duty2",
        "clock:incidents",
        "unit:V02",
        "gone",
    ]
    assert shown("") == shown(None) == "—"


def test_many_names_on_one_page_cost_one_question(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert [people.name_of(login) for login in "abcde"] == list("abcde")


def test_browsers_are_not_told_the_accounts_of_administrators():
    User.objects.create(username="duty1", display_name="值班员")
    User.objects.create(username="boss", display_name="管理员", is_staff=True)
    assert people.name_of("boss") == "管理员"
    assert people.told_to_pages() == {"duty1": "值班员"}
