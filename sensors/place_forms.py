"""The forms of what is drawn on the map; what could never hold is refused beside its field."""

from typing import Any

from django import forms
from django.contrib.gis.forms import LineStringField, PolygonField
from django.contrib.gis.geos import GEOSGeometry
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .domain.trips import SPEED
from .models import Geofence, LoadingSite, Trip
from .trip_words import FENCE_KINDS, SITE_USES

MOST_CORNERS = 1000
SHAPE = gettext_lazy("Coordinates (longitude first)")


class Coordinates(forms.Textarea):
    """A shape as GeoJSON: what the map writes, and what a person without a mouse can type (WKT too)."""

    def __init__(self) -> None:
        super().__init__(attrs={"rows": 4, "spellcheck": "false"})

    def format_value(self, value: Any) -> str:
        return value.geojson if isinstance(value, GEOSGeometry) else value or ""


class _Drawn:
    def clean_shape(self) -> GEOSGeometry:
        shape: GEOSGeometry = self.cleaned_data["shape"]  # type: ignore[attr-defined]
        if not shape.valid or not shape.area or shape.hasz:
            raise forms.ValidationError(_("Its edge crosses itself, or it has no inside."))
        if shape.num_coords > MOST_CORNERS:
            raise forms.ValidationError(_("It has more than %(most)s corners.") % {"most": MOST_CORNERS})
        return shape


class FenceForm(_Drawn, forms.ModelForm):
    shape = PolygonField(srid=4326, widget=Coordinates(), label=SHAPE)
    limit_kmh = forms.FloatField(
        label=gettext_lazy("Limit (km/h)"), min_value=5, max_value=120, required=False
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Weekdays, or none for every day"), coerce=int, required=False,
        choices=list(WEEKDAYS.items()), widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    class Meta:
        model = Geofence
        fields = (
            "name",
            "name_en",
            "kind",
            "limit_kmh",
            "begins",
            "ends",
            "weekdays",
            "only_loaded",
            "shape",
        )
        labels = {
            "name": gettext_lazy("Name"),
            "name_en": gettext_lazy("Name in English"),
            "kind": gettext_lazy("Kind"),
            "begins": gettext_lazy("Holds from (time of the day)"),
            "ends": gettext_lazy("Holds until"),
            "only_loaded": gettext_lazy("Only for loaded vehicles"),
        }
        widgets = {
            name: forms.TimeInput(attrs={"type": "time"}, format="%H:%M") for name in ("begins", "ends")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind, _(word)) for kind, word in FENCE_KINDS.items()]

    def clean(self) -> dict[str, Any]:
        told = super().clean()
        if told.get("kind") == SPEED and told.get("limit_kmh") is None and "limit_kmh" not in self.errors:
            self.add_error("limit_kmh", _("An area with a speed limit needs the limit."))
        if told.get("kind") != SPEED:
            told["limit_kmh"] = None
        if (told.get("begins") is None) != (told.get("ends") is None):
            self.add_error("ends", _("Give both times, or none for the whole day."))
        return told


class SiteForm(_Drawn, forms.ModelForm):
    shape = PolygonField(srid=4326, widget=Coordinates(), label=SHAPE)

    class Meta:
        model = LoadingSite
        fields = ("code", "name", "name_en", "use", "shape")
        labels = {
            "code": gettext_lazy("Code"),
            "name": gettext_lazy("Name"),
            "name_en": gettext_lazy("Name in English"),
            "use": gettext_lazy("Kind"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["use"].choices = [(use, _(word)) for use, word in SITE_USES.items()]


class RouteForm(forms.ModelForm):
    shape = LineStringField(srid=4326, widget=Coordinates(), label=SHAPE, required=False)
    corridor_m = forms.FloatField(
        label=gettext_lazy("Width of the corridor (m)"), min_value=20, max_value=5000
    )

    class Meta:
        model = Trip
        fields = ("corridor_m",)

    def clean_shape(self) -> GEOSGeometry | None:
        shape: GEOSGeometry | None = self.cleaned_data["shape"]
        if shape is None or shape.empty:
            return None
        if not shape.length or shape.hasz:
            raise forms.ValidationError(_("A route leads from one place to another."))
        if shape.num_coords > MOST_CORNERS:
            raise forms.ValidationError(_("It has more than %(most)s corners.") % {"most": MOST_CORNERS})
        return shape
