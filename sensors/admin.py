"""Stations and their points; everything else of this app is written by devices and rules."""

from django.contrib import admin

from command_center.core.actor import person
from command_center.core.acts import record_act
from command_center.core.events import announce
from command_center.core.now import now

from .models import DesignRule, Sensor, Station


class SensorInline(admin.TabularInline):
    model = Sensor
    extra = 0


@admin.register(Station)
class StationAdmin(admin.ModelAdmin):
    list_display = ("code", "name", "kind", "area", "protocol", "address", "in_service")
    list_filter = ("kind", "protocol", "in_service")
    search_fields = ("code", "name", "name_en", "address")
    inlines = (SensorInline,)
    readonly_fields = ("area_path",)
    autocomplete_fields = ("area",)
    list_select_related = ("area",)

    def get_exclude(self, request, obj=None):
        return ("position",) if obj else ()

    def formfield_for_dbfield(self, field, request, **kwargs):
        if field.name == "position":  # longitude and latitude as text: no map from the internet
            from django.contrib.gis.forms import PointField
            from django.forms import TextInput

            return PointField(widget=TextInput(attrs={"placeholder": "POINT(118.58 37.45)"}), srid=4326)
        return super().formfield_for_dbfield(field, request, **kwargs)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        station, at = form.instance, now()
        act = "station.changed" if change else "station.added"
        record_act(act, station, by=person(request.user, at, via="admin"), at=at, changed=form.changed_data)
        announce("station.changed", station, at=at)

    def save_model(self, request, obj, form, change):
        obj.area_path = obj.area.path
        super().save_model(request, obj, form, change)


@admin.register(DesignRule)
class DesignRuleAdmin(admin.ModelAdmin):
    """Which alarm suppresses which; in force at once."""

    list_display = ("cause", "effect", "reach", "active", "reason")
    list_filter = ("reach", "active")

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        at = now()
        act = "design_rule.changed" if change else "design_rule.added"
        record_act(
            act, obj, by=person(request.user, at, via="admin"), at=at, reason=obj.reason, rule=str(obj)
        )
