"""What desks are told about people: who is on duty, who is called for what, which messages did not go out."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, OuterRef, Value
from django.db.models.functions import Cast, Coalesce, JSONObject, NullIf

from command_center.core.layers import Layer, Ms, records, show

from .lifecycle import UNSENT
from .models import Call, Message, Roster

_calls, _messages, _rosters = (records(model, "duty.view") for model in (Call, Message, Roster))


def _calls_of(messages):
    return Message.objects.filter(pk__in=list(messages), subject_type="duty.call").values_list(
        "subject_id", flat=True
    )


CALLS = show(
    Layer(
        name="calls",
        action="duty.view",
        source=lambda scope: _calls(scope).filter(ended_at=None),
        within=_calls,
        fields={
            "subject": "subject_id",
            "level": "level",
            "plan": "plan",
            "steps": "steps",
            "area": "area_path",
            "messages": ArraySubquery(
                Message.objects.filter(
                    subject_type="duty.call", subject_id=Cast(OuterRef("pk"), CharField(max_length=40))
                )
                .order_by("asked_at", "pk")
                .values(told=JSONObject(channel="channel", name="name", state="state"))
            ),
        },
        watches={
            "call.step": "",
            "call.ended": "",
            "message.send": _calls_of,
            "message.fail": _calls_of,
            "message.lack": _calls_of,
            "message.note": _calls_of,
        },
    )
)


# The screen itself tells who of them is on duty now. What is over leaves by a change, as everything does.
ROSTER = show(
    Layer(
        name="roster",
        action="duty.view",
        source=lambda scope: _rosters(scope).filter(past=False, user__is_active=True),
        within=_rosters,
        fields={
            "user": "user__username",
            "name": Coalesce(NullIf("user__display_name", Value("")), "user__username"),
            "position": "position",
            "desk": "desk",
            "since": Ms("starts_at"),
            "until": Ms("ends_at"),
            "area": "area_path",
        },
        watches={"roster.changed": ""},
    )
)


MESSAGES = show(
    Layer(
        name="messages",
        action="duty.view",
        source=lambda scope: _messages(scope).filter(state__in=UNSENT),
        within=_messages,
        fields={"channel": "channel", "name": "name", "state": "state", "asked_at": Ms("asked_at")},
        watches={"message.lack": "", "message.fail": "", "message.note": ""},
    )
)
