"""First alarm of a building: somebody who is responsible there is called, and how serious it is until they answer. Pure.

One detector may be steam or dust: the alarm stands at the level of ``fire.alarm.level`` while a person looks. A second
detector, nobody who answers, nobody to call, or a person who says that it burns make it red. Only the word that it is
false takes that back.
"""

from command_center.core.machine import Machine, move

from . import words

CALLED, UNANSWERED, ANSWERED, REAL, FALSE, OVER = "called", "unanswered", "answered", "real", "false", "over"
OPEN = (CALLED, UNANSWERED, ANSWERED)
VERIFY = "fire.verify"

FIRE_CALL = Machine(
    name="fire_call",
    states=frozenset({*OPEN, REAL, FALSE, OVER}),
    initial=CALLED,
    final=frozenset({REAL, FALSE, OVER}),
    moves=(
        move("answer", (CALLED, UNANSWERED), ANSWERED, VERIFY, stamps="answered_at"),
        move("confirm", OPEN, REAL, VERIFY, stamps="ended_at"),
        move("dismiss", OPEN, FALSE, VERIFY, needs_reason=True, stamps="ended_at"),
        # By the clock: nobody picked up in time; the panel was reset and nobody said what it was.
        move("miss", CALLED, UNANSWERED, VERIFY),
        move("lapse", OPEN, OVER, VERIFY, stamps="ended_at"),
    ),
)

SECOND_DETECTOR, NO_ANSWER, NOBODY, CONFIRMED = "second_detector", "no_answer", "nobody", "confirmed"
SENTENCES = {
    SECOND_DETECTOR: words.FIRE_SECOND,
    NO_ANSWER: words.FIRE_UNANSWERED,
    NOBODY: words.FIRE_NOBODY,
    CONFIRMED: words.FIRE_REAL,
}


def because(state: str, *, before: str, detectors: int, enough: int, anybody: bool) -> str:
    """Why the building's fire alarms are red, "" where they are not.

    ``before``: why they were until now; ``detectors``: how many tell fire at this moment, ``enough`` of them are proof;
    ``anybody``: somebody responsible could be called.
    """
    if state == FALSE:
        return ""
    if state == REAL:
        return CONFIRMED
    if before:
        return before
    if detectors >= enough:
        return SECOND_DETECTOR
    if not anybody:
        return NOBODY
    return NO_ANSWER if state == UNANSWERED else ""
