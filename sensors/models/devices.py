"""How devices are connected: their types, their secrets, lists of them, and who dialled in unasked."""

import uuid

from django.contrib.gis.db import models

from command_center.core.models import Named

from ..domain import lobby
from .stations import Station


class DeviceType(Named):
    """A kind of equipment as data; the defaults are ``domain.templates``, a district edits them and adds its own."""

    slug = models.SlugField(max_length=40, unique=True)
    protocol = models.CharField(max_length=20)  # a key of ADAPTERS, or a camera's
    kind = models.CharField(max_length=20)  # of the station
    # [{"channel", "quantity", "name", "name_en", "unit", "scale", "offset", "lowest", "highest", "facts", …}]; what else stands
    # in a point is the protocol's: table, address, type, word_order, bit; parameter, qualifier; path. See domain/mapping.
    points = models.JSONField(default=list)
    interval_s = models.PositiveIntegerField(default=300)
    config = models.JSONField(default=dict, blank=True)  # defaults of a station's: port, unit, path …
    facts = models.JSONField(default=dict, blank=True)  # what is asked for each station, with its default

    class Meta:
        ordering = ["protocol", "slug"]


class StationSecret(models.Model):
    """A password or key of one device, encrypted (``services/secrets.py``). Nobody is ever shown it again."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="secrets")
    name = models.CharField(max_length=20)  # one of domain.onboarding.SECRETS
    sealed = models.TextField()
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["station", "name"], name="station_secret_once")]


class Stranger(models.Model):
    """Equipment that dialled in and that nobody registered; its frames are kept without a station."""

    machine = lobby.STRANGER

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    protocol = models.CharField(max_length=20)
    address = models.CharField(max_length=200)
    peer = models.CharField(max_length=80)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    frames = models.PositiveIntegerField(default=0)
    said = models.JSONField(
        default=dict
    )  # the newest good message: {"function", "readings": [[channel, quantity, value]]}
    state = models.CharField(
        max_length=20, default=lobby.WAITING, choices=[(s, s) for s in sorted(lobby.STRANGER.states)]
    )
    version = models.PositiveIntegerField(default=1)
    area_path = models.CharField(max_length=120)  # nobody knows where it stands: the whole district's
    department = models.ForeignKey("core.Department", models.SET_NULL, null=True, blank=True)
    station = models.ForeignKey(Station, models.SET_NULL, null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["protocol", "address"], name="stranger_once")]
        indexes = [models.Index(fields=["state", "-last_seen"])]


class DeviceList(models.Model):
    """A list of devices that was uploaded: its rows as they were read, and what became of each when it was taken."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    file_name = models.CharField(max_length=120)
    sealed = models.TextField()  # [[line, {column: text}]], encrypted, since passwords may be among them
    uploaded_at = models.DateTimeField()
    uploaded_by = models.CharField(max_length=80)
    taken_at = models.DateTimeField(null=True)
    outcome = models.JSONField(default=list)  # [{"line", "code", "verdict", "reasons"}] as of the taking
