"""The back office: people and their roles, departments, areas, holidays, parameters; the log book to read."""

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.gis.admin import GISModelAdmin
from django.utils.translation import gettext_lazy as _

from .actor import person
from .models import (
    Area,
    AuditEntry,
    Department,
    FailedDelivery,
    Holiday,
    Membership,
    ParameterChange,
    User,
)
from .now import now
from .parameters import PARAMETERS, change, check
from .tasks import retry

admin.site.site_header = _("One Map administration")
admin.site.site_title = _("One Map")


class ReadOnly:
    """Rows that were written by acts: they can be read here and nothing else."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("area",)


@admin.register(User)
class PersonAdmin(UserAdmin):
    inlines = (MembershipInline,)
    list_display = ("username", "display_name", "is_active", "last_login")
    fieldsets = (*UserAdmin.fieldsets, (_("Hall"), {"fields": ("display_name", "phone", "language")}))


@admin.register(Department)
class DepartmentAdmin(admin.ModelAdmin):
    list_display = ("code", "name", "name_en", "tier")


@admin.register(Area)
class AreaAdmin(GISModelAdmin):
    list_display = ("path", "name", "kind", "code")
    list_filter = ("kind",)
    search_fields = ("name", "code", "path")
    exclude = ("outline",)  # drawn by import_areas; the form's map would ask the internet for its background


@admin.register(Holiday)
class HolidayAdmin(admin.ModelAdmin):
    list_display = ("day", "works", "name")
    date_hierarchy = "day"


class ParameterForm(forms.ModelForm):
    """A new value for a parameter; what is wrong with it is said beside the field."""

    name = forms.ChoiceField(label=_("Parameter"))

    class Meta:
        model = ParameterChange
        fields = ("name", "value", "reason")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "name" in self.fields:
            self.fields["name"].choices = [
                (p.name, f"{p.name} ({p.unit}; {p.default})")
                for p in sorted(PARAMETERS.values(), key=lambda p: p.name)
            ]

    def clean(self):
        cleaned = super().clean()
        if {"name", "value"} <= cleaned.keys():
            try:
                check(cleaned["name"], cleaned["value"])
            except (TypeError, ValueError) as error:
                self.add_error("value", str(error))
        return cleaned


@admin.register(ParameterChange)
class ParameterAdmin(ReadOnly, admin.ModelAdmin):
    form = ParameterForm
    list_display = ("name", "value", "at", "who", "reason")
    list_filter = ("name",)

    def has_add_permission(self, request):
        return person(request.user, now()).may("parameter.change")

    def save_model(self, request, obj, form, is_change):
        actor = person(request.user, now(), via="admin")
        row = change(obj.name, obj.value, by=actor, at=now(), reason=obj.reason)
        obj.pk, obj.at, obj.who = row.pk, row.at, row.who

    def log_addition(self, request, obj, message):
        return None  # the log book has it already


@admin.register(AuditEntry)
class AuditAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("number", "at", "who", "act", "subject_type", "before", "after", "reason")
    list_filter = ("act", "who")
    date_hierarchy = "at"


@admin.register(FailedDelivery)
class FailedDeliveryAdmin(ReadOnly, admin.ModelAdmin):
    """Work that followed from an event and failed. What was given up is tried again by an act."""

    list_display = ("seq", "listener", "attempts", "given_up", "error", "last_at")
    list_filter = ("given_up", "listener")
    ordering = ("-given_up", "-last_at")
    actions = ("try_again",)

    def has_retry_permission(self, request):
        return person(request.user, now()).may("delivery.retry")

    @admin.action(description=_("Try again what was given up"), permissions=["retry"])
    def try_again(self, request, chosen):
        count = retry(chosen, by=person(request.user, now(), via="admin"), at=now())
        self.message_user(request, _("%(count)s will be tried again.") % {"count": count})
