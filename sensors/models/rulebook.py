"""Alarm rules as a district writes them: a row a rule, a row a version; what ships with the program is no row."""

import pgtrigger
from django.contrib.gis.db import models
from django.db.models import F, Q

from command_center.core.models import Named

from ..domain.rule_versions import APPROVED, RULE_VERSION


class AlarmRule(Named):
    """``alarm`` is the name its alarms stand under; of several rules for one alarm the narrowest holds at a place."""

    slug = models.CharField(max_length=60, unique=True)
    alarm = models.CharField(max_length=60)


class AlarmRuleVersion(models.Model):
    """What a rule says (``domain.rule_language``). In force is the approved one with the latest ``valid_from`` by now.

    A version is never edited, only superseded; to roll back is to approve a new one equal to an old one.
    """

    machine = RULE_VERSION

    rule = models.ForeignKey(AlarmRule, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    area_path = models.CharField(max_length=120)  # where it can act: decides who may write and approve it
    state = models.CharField(max_length=20, default=RULE_VERSION.initial)
    version = models.PositiveIntegerField(default=1)
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    reason = models.TextField()
    approved_by = models.CharField(max_length=80, blank=True)
    approved_at = models.DateTimeField(null=True)
    valid_from = models.DateTimeField(null=True)  # the hall's time
    # The rehearsal: asked for with the draft, and what it found (``services.rehearsal``).
    rehearse_days = models.PositiveSmallIntegerField(default=30)
    rehearsed_at = models.DateTimeField(null=True)
    rehearsal = models.JSONField(default=dict)

    department_id = None  # rules are nobody's in particular

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="rule_version_once"),
            models.CheckConstraint(
                condition=Q(state__in=sorted(RULE_VERSION.states)), name="rule_version_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=APPROVED) | (~Q(approved_by=F("made_by")) & Q(valid_from__isnull=False)),
                name="rule_version_approved_by_another",
            ),
        ]
        indexes = [models.Index(fields=["rule", "-valid_from", "-number"], name="rule_in_force")]
        triggers = [
            pgtrigger.Protect(name="rule_version_kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="rule_version_never_edited",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("rule", "number", "definition", "made_by", "made_at", "reason"),
            ),
        ]
