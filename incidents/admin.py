"""The catalogue of kinds; incidents themselves are changed by acts alone."""

from django.contrib import admin

from command_center.core.actor import person
from command_center.core.acts import record_act
from command_center.core.now import now

from .models import IncidentType


@admin.register(IncidentType)
class IncidentTypeAdmin(admin.ModelAdmin):
    list_display = (
        "slug", "name", "name_en", "category", "symbol", "national_code", "lead_department", "join_radius_m",
        "join_minutes",
    )  # fmt: skip
    list_filter = ("category",)
    search_fields = ("slug", "name", "name_en")

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        at = now()
        act = "incident_type.changed" if change else "incident_type.added"
        record_act(act, obj, by=person(request.user, at, via="admin"), at=at, changed=form.changed_data)
