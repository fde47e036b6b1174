from django.core.management.base import BaseCommand, CommandError

from command_center.core.benches import Report, benches


class Command(BaseCommand):
    help = "Measure: one JSON line a figure, each beside the ceiling measured in the same run."

    def add_arguments(self, parser):
        parser.add_argument(
            "names",
            nargs="*",
            metavar="NAME",
            help="which benches; all but the long ones when none is named",
        )

    def handle(self, *, names, **options):
        known = benches()
        unknown = sorted(set(names) - set(known))
        if unknown:
            raise CommandError(f"no bench named {', '.join(unknown)}; there are: {', '.join(sorted(known))}")
        # The long ones take ten minutes and more, and say so themselves.
        for name in names or [name for name, bench in known.items() if not getattr(bench, "long", False)]:
            known[name](Report(name, self.stdout))
