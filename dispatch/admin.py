"""The catalogues of resources, needs and time limits; assignments and orders are changed by acts alone."""

from django.contrib import admin

from command_center.core.actor import person
from command_center.core.acts import record_act
from command_center.core.events import announce, standing
from command_center.core.now import now

from .models import Matter, NeedRule, Resource, Stock


class Logged(admin.ModelAdmin):
    """Every change stands in the log book."""

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        at, kind = now(), obj._meta.model_name
        by = person(request.user, at, via="admin")
        record_act(f"{kind}.{'changed' if change else 'added'}", obj, by=by, at=at, changed=form.changed_data)


class StockInline(admin.TabularInline):
    model = Stock
    extra = 0
    readonly_fields = ("reserved",)


@admin.register(Resource)
class ResourceAdmin(Logged):
    list_display = ("code", "name", "kind", "department", "state", "position_at")
    list_filter = ("kind", "state", "department")
    search_fields = ("code", "name")
    readonly_fields = ("state", "version", "position", "position_at", "position_received_at")
    inlines = (StockInline,)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.position = obj.base
        was = {"was": standing(Resource.objects.get(pk=obj.pk))} if change else {}
        super().save_model(request, obj, form, change)
        announce("resource.changed", obj, at=now(), **was)


@admin.register(NeedRule)
class NeedRuleAdmin(Logged):
    list_display = ("type", "level", "kind", "skill", "quantity")
    list_filter = ("type", "level", "kind")


@admin.register(Matter)
class MatterAdmin(Logged):
    list_display = ("slug", "name", "urgency", "finish_amount", "finish_unit", "basis")
    list_filter = ("urgency",)
