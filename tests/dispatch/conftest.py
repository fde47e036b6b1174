import pytest

from command_center.core.models import Department
from dispatch.models import Resource, Stock
from dispatch.services import orders
from incidents import services as incidents
from tests.conftest import NOON, actor
from tests.incidents import scenes


@pytest.fixture
def departments(db):
    return scenes.district()


@pytest.fixture
def officer():
    return actor(("duty_officer", "/dy/"), name="officer")


@pytest.fixture
def other_officer():
    return actor(("duty_officer", "/dy/"), name="other officer")


@pytest.fixture
def leader():
    return actor(("shift_leader", "/dy/"), name="leader")


@pytest.fixture
def liaison(departments):
    return actor(("liaison", "/dy/", departments["housing"].pk), name="housing liaison")


@pytest.fixture
def stranger(departments):
    return actor(("liaison", "/dy/", departments["water"].pk), name="water liaison")


@pytest.fixture
def incident(departments, officer):
    """A confirmed ponding incident of level III in the middle of the district."""
    row = incidents.report(
        by=officer, at=NOON, type="ponding", source="call", position=scenes.lonlat(100, 100), title="积水"
    )
    return incidents.confirm(row, by=officer, at=NOON, level=3)


@pytest.fixture
def resource(departments):
    """Make a resource: 2 km east unless it is said otherwise, seen at noon."""

    def make(code, east_m=2000.0, kind="vehicle", skills=("pump_truck",), seen_at=NOON, stock=None, **given):
        where = scenes.point(east_m, 100)
        row = Resource.objects.create(
            code=code, name=f"队{code}", name_en=f"Unit {code}", kind=kind, skills=list(skills), base=where,
            position=where, position_at=seen_at, area_path="/dy/east/", phone="05460000000",
            department=given.pop("department", None) or Department.objects.get(code="housing"), **given,
        )  # fmt: skip
        for item, quantity in (stock or {}).items():
            Stock.objects.create(store=row, item=item, name=item, unit="个", quantity=quantity)
        return row

    return make


@pytest.fixture
def issue(incident, officer):
    def give(**given):
        usual = {
            "by": officer, "at": NOON, "matter": "rescue", "department": "housing", "subject": "排除积水",
            "incident": incident,
        }  # fmt: skip
        return orders.issue(**{**usual, **given})

    return give
