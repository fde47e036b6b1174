"""What the next shift must know of incidents: all that are not over."""

from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext_noop

from command_center.core.people import name_of
from command_center.core.scope import Scope
from command_center.duty.handover import Rows, section

from .domain.lifecycle import OPEN
from .models import Incident
from .states import LEVELS, STATES


def open_incidents(scope: Scope, at: datetime) -> Rows:
    english = get_language() == "en"
    rows = Incident.objects.filter(state__in=OPEN).filter(scope.filter("incident.view"))
    return [
        [
            one.number,
            LEVELS[one.level_confirmed or one.level_proposed].label,
            (english and one.title_en) or one.title,
            STATES[one.state].label,
            localtime(one.received_at).strftime("%Y-%m-%d %H:%M"),
            name_of(one.holder) or "—",
        ]
        for one in rows.order_by("received_at", "pk")
    ]


COLUMNS = (
    gettext_noop("Number"),
    gettext_noop("Level"),
    gettext_noop("Incident"),
    gettext_noop("State"),
    gettext_noop("Received at"),
    gettext_noop("On it"),
)
section("incidents.open", gettext_noop("Open incidents"), COLUMNS, open_incidents)
