"""Over what stations reach us: a tree of nodes, from our own process down to a concentrator; stations hang on it."""

from django.contrib.gis.db import models
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from command_center.core.models import Area, Named


class Node(Named):
    """One thing that many stations depend on.

    What the system sees by itself it makes itself, and knows by ``key``: "gateway" and "poller", one for each protocol
    ("sl651"), one for each host that serves several stations ("modbus 10.3.0.7"). What it cannot see (a carrier, a
    concentrator that many devices dial through) is made by hand, has no key, and keeps the stations it is given.
    """

    class Kind(models.TextChoices):
        PROCESS = "process"  # our own
        LISTENER = "listener"  # what speaks one protocol
        NETWORK = "network"
        CONCENTRATOR = "concentrator"

    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.NETWORK)
    key = models.CharField(max_length=120, unique=True, null=True, editable=False)
    area = models.ForeignKey(Area, models.SET_NULL, null=True, blank=True)  # None: where its stations are

    class Meta:
        ordering = ["name"]

    def clean(self):
        above = self.parent
        while above is not None:
            if above.pk == self.pk:
                raise ValidationError({"parent": _("A node cannot lie beneath itself.")})
            above = above.parent
