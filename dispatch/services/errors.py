"""What stands against an act, in sentences for the person who tried."""


class Refused(ValueError):
    """What was told cannot be so. ``field`` names the place to correct; nothing was changed, nothing is lost."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field
