"""Write the demo district, its accounts and its clock. Running it again keeps what is there."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from command_center.demo import seed, story


class Command(BaseCommand):
    help = "Write the demo district, its accounts and its clock."

    def add_arguments(self, parser):
        parser.add_argument(
            "--storm",
            default="",
            help="CSV of a recorded storm; without it a generated one plays",
        )
        parser.add_argument("--speed", type=float, default=60.0, help="storm minutes per real minute")

    def handle(self, *args, **options):
        if not settings.OURS["demo_clock_allowed"]:
            raise CommandError("these settings do not allow a demo")
        if not 0.1 <= options["speed"] <= 600:
            raise CommandError("SPEED must be between 0.1 and 600 storm minutes per real minute")
        storm = str(Path(options["storm"]).resolve()) if options["storm"] else ""
        if storm and not Path(storm).is_file():
            raise CommandError(f"there is no storm file {options['storm']}")
        story.begin(storm=storm, speed=options["speed"], state=settings.VAR / "demo-story.json")
        count = seed.seed()
        rows = seed.accounts(settings.VAR / "demo-accounts.json")
        self.stdout.write(f"{count} stations, {len(rows)} accounts")
