"""Stations and their points; everything else of this app is written by devices and rules."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy

from command_center.core.actor import person
from command_center.core.acts import record_act
from command_center.core.events import announce
from command_center.core.now import now

from .adapters import ADAPTERS
from .domain.layout_language import WrongLayout, layout_of
from .models import (
    Company,
    DesignRule,
    DeviceType,
    Driver,
    FileLayout,
    Node,
    Premises,
    Sensor,
    SpotSource,
    Station,
    WarningFeed,
)
from .services import devicetypes, fire_spots


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

    def formfield_for_foreignkey(self, field, request, **kwargs):
        if field.name == "node":  # left empty, it is found by the system itself
            kwargs["queryset"] = Node.objects.filter(key=None)
        return super().formfield_for_foreignkey(field, request, **kwargs)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        station, at = form.instance, now()
        act = "station.changed" if change else "station.added"
        record_act(act, station, by=person(request.user, at, via="admin"), at=at, changed=form.changed_data)
        announce("station.changed", station, at=at)
        if "premises" in form.changed_data:
            for left in Premises.objects.filter(pk=form.initial.get("premises")):
                announce("premises.changed", left, at=at)

    def save_model(self, request, obj, form, change):
        obj.area_path = obj.area.path
        super().save_model(request, obj, form, change)


@admin.register(Node)
class NodeAdmin(admin.ModelAdmin):
    """Networks and concentrators that the system cannot see, and where those lie that it makes itself."""

    list_display = ("name", "name_en", "kind", "parent", "area", "key")
    list_select_related = ("parent", "area")
    search_fields = ("name", "name_en", "key")
    autocomplete_fields = ("area",)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (obj is None or obj.key is None)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        at = now()
        act = "node.changed" if change else "node.added"
        record_act(act, obj, by=person(request.user, at, via="admin"), at=at, changed=form.changed_data)


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


class DeviceTypeForm(forms.ModelForm):
    """A device type; a point that no device could be asked for is refused beside its field."""

    class Meta:
        model = DeviceType
        fields = ("slug", "name", "name_en", "protocol", "kind", "interval_s", "points", "config", "facts")
        widgets = {
            "protocol": forms.Select(
                choices=[(name, devicetypes.label(name)) for name in (*ADAPTERS, *devicetypes.OTHERS)]
            ),
            "kind": forms.Select(choices=[(kind, str(name)) for kind, name in Station.Kind.choices]),
            "points": forms.Textarea(attrs={"rows": 24, "cols": 120}),
        }

    def clean(self):
        cleaned = super().clean()
        if not self.errors:
            for problem in devicetypes.problems(DeviceType(**cleaned)):
                self.add_error("points", problem)
        return cleaned


@admin.register(DeviceType)
class DeviceTypeAdmin(admin.ModelAdmin):
    form = DeviceTypeForm
    list_display = ("slug", "name", "name_en", "protocol", "kind", "interval_s")
    list_filter = ("protocol", "kind")

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        at = now()
        act = "device_type.changed" if change else "device_type.added"
        record_act(act, obj, by=person(request.user, at, via="admin"), at=at, changed=form.changed_data)


class FileLayoutForm(forms.ModelForm):
    """How a file of readings is laid out; what could never be read is refused beside the field."""

    class Meta:
        model = FileLayout
        fields = ("slug", "name", "name_en", "device_type", "layout")
        widgets = {"layout": forms.Textarea(attrs={"rows": 24, "cols": 120})}

    def clean_layout(self):
        spec = self.cleaned_data["layout"]
        try:
            layout_of(spec)
        except WrongLayout as wrong:
            raise forms.ValidationError(str(wrong)) from None
        return spec


@admin.register(FileLayout)
class FileLayoutAdmin(admin.ModelAdmin):
    form = FileLayoutForm
    list_display = ("slug", "name", "name_en", "device_type")

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        at = now()
        act = "file_layout.changed" if change else "file_layout.added"
        record_act(act, obj, by=person(request.user, at, via="admin"), at=at, changed=form.changed_data)


@admin.register(WarningFeed)
class WarningFeedAdmin(admin.ModelAdmin):
    """Where public warnings are fetched; its host must lie in the device networks."""

    list_display = ("name", "form", "url", "interval_s", "active", "heard_at", "error")

    def save_model(self, request, obj, form, change):
        obj.etag = obj.last_modified = ""  # another address, or asked anew
        obj.due_at, obj.failures = None, 0
        super().save_model(request, obj, form, change)
        at = now()
        act = "warning_feed.changed" if change else "warning_feed.added"
        record_act(act, obj, by=person(request.user, at, via="admin"), at=at, changed=form.changed_data)
        announce("warning_feed.heard", obj, at=at)  # asked anew: until it fails again it is not called silent

    def has_delete_permission(self, request, obj=None):
        return False  # its messages are kept with it; it can be switched off


class LoggedMixin:
    """What is entered here stands in the log book."""

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        at, name = now(), obj._meta.model_name
        act = f"{name}.{'changed' if change else 'added'}"
        record_act(act, obj, by=person(request.user, at, via="admin"), at=at, changed=form.changed_data)


@admin.register(Company)
class CompanyAdmin(LoggedMixin, admin.ModelAdmin):
    """Carriers of dangerous goods and their safety officers."""

    list_display = ("code", "name", "name_en", "licence", "officer_name")
    search_fields = ("code", "name", "name_en")


@admin.register(Driver)
class DriverAdmin(LoggedMixin, admin.ModelAdmin):
    list_display = ("certificate", "name", "company")
    search_fields = ("certificate", "name")
    list_select_related = ("company",)


@admin.register(SpotSource)
class SpotSourceAdmin(admin.ModelAdmin):
    """Lookouts and detectors that report fire spots. The token is shown once, when it is made or renewed."""

    list_display = ("code", "name", "name_en", "camera", "active")
    exclude = ("token_key",)
    raw_id_fields = ("camera",)
    actions = ("renew",)

    def formfield_for_dbfield(self, field, request, **kwargs):
        if field.name == "position":
            from django.contrib.gis.forms import PointField

            text = forms.TextInput(attrs={"placeholder": "POINT(118.58 37.45)"})
            return PointField(widget=text, srid=4326, required=False)
        return super().formfield_for_dbfield(field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.token_key = fire_spots.new_key()
        super().save_model(request, obj, form, change)
        at = now()
        act = "spot_source.changed" if change else "spot_source.added"
        record_act(act, obj, by=person(request.user, at, via="admin"), at=at, changed=form.changed_data)
        if not change:
            self.message_user(request, f"{obj.code}: {fire_spots.token_of(obj)}")

    @admin.action(description=gettext_lazy("Renew the token; the old one is worth nothing any more"))
    def renew(self, request, queryset):
        at = now()
        for obj in queryset:
            obj.token_key = fire_spots.new_key()
            obj.save(update_fields=["token_key"])
            record_act("spot_source.renewed", obj, by=person(request.user, at, via="admin"), at=at)
            self.message_user(request, f"{obj.code}: {fire_spots.token_of(obj)}")
