"""The life of one version of a rule: written, tried on the past, put in force by a second person. Never edited."""

from command_center.core.machine import Machine, move

from .words import gettext_noop

DRAFT, APPROVED, WITHDRAWN = "draft", "approved", "withdrawn"
UNTRIED = gettext_noop("It has not been tried on the past yet.")


def _not_tried(version: object) -> str:
    return "" if getattr(version, "rehearsed_at", None) else UNTRIED


# fmt: off
RULE_VERSION = Machine(
    name="rule_version",
    states=frozenset({DRAFT, APPROVED, WITHDRAWN}),
    initial=DRAFT,
    final=frozenset({APPROVED, WITHDRAWN}),
    moves=(
        #     move        from   to         needs
        move("approve",  DRAFT, APPROVED,  "rule.approve", stamps="approved_at", guard=_not_tried),
        move("withdraw", DRAFT, WITHDRAWN, "rule.edit"),
    ),
)
# fmt: on
