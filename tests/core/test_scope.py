"""List and single record agree, for every action and several scopes; prefixes never leak."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_center.core.models import Area, Department, Membership, User
from command_center.core.roles import ACTIONS, ROLES
from command_center.core.scope import Grant, Scope, scope_of
from sensors.models import Station
from tests.conftest import MIN, NOON

SCOPES = [
    Scope(),
    Scope.of([Grant("duty_officer", "/dy/")]),
    Scope.of([Grant("duty_officer", "/dy/wenhui/")]),
    Scope.of([Grant("liaison", "/dy/", 0)]),
    Scope.of([Grant("grid_worker", "/dy/wenhui/01/"), Grant("auditor", "/dy/shengli/")]),
    Scope.of([Grant("wall", "/dy/"), Grant("administrator", "/dy/niuzhuang/")]),
]


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_list_and_single_permission_agree(district, scope):
    first = Department.objects.first()
    grants = [
        Grant(g.role, g.area, first.pk if g.department_id == 0 else g.department_id) for g in scope.grants
    ]
    scope = Scope.of(grants)
    everything = list(Station.objects.all())
    for action in ACTIONS:
        listed = set(Station.objects.filter(scope.filter(action)))
        assert listed == {station for station in everything if scope.allows(action, station)}, action


paths = st.lists(st.sampled_from("ab"), max_size=3).map(lambda steps: "/" + "".join(f"{s}/" for s in steps))


class Row:
    department_id = None

    def __init__(self, path):
        self.area_path = path


@given(paths, paths)
def test_a_grant_covers_its_area_and_what_lies_inside(held, where):
    covered = Grant("wall", held).covers(Row(where))
    assert covered == (where.split("/")[: held.count("/")] == held.split("/")[:-1])


def test_north_does_not_cover_northwest():
    assert not Grant("wall", "/north/").covers(Row("/northwest/"))


@pytest.mark.django_db
def test_a_membership_counts_only_while_it_lasts():
    area = Area.objects.create(code="1", name="区", kind="district", path="/elsewhere/")
    user = User.objects.create(username="u")
    Membership.objects.create(user=user, role="duty_officer", area=area, starts_at=NOON, ends_at=NOON + MIN)
    assert [bool(scope_of(user, at).grants) for at in (NOON - MIN, NOON, NOON + MIN)] == [False, True, False]
    user.is_active = False
    assert scope_of(user, NOON) == Scope()


def test_every_role_is_named_and_no_role_is_empty():
    from command_center.core.roles import ROLE_NAMES

    assert set(ROLES) == set(ROLE_NAMES) and all(ROLES.values())
