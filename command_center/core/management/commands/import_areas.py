"""Take a real outline: areas from GeoJSON or a shapefile, in WGS 84, CGCS 2000, GCJ-02 or BD-09."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from command_center.core.areas import Column, ImportFailed, import_areas


class Command(BaseCommand):
    help = (
        "Import area outlines from GeoJSON or a shapefile. Rows that cannot be taken are listed with their "
        "reason and lose nothing else. Areas are found by code, or by path; new ones need a parent."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--kind", default="community", help="kind of areas that are new")
        parser.add_argument("--parent", default="", help="path of the parent of areas that are new")
        parser.add_argument("--code", default="code", help="attribute that holds the code")
        parser.add_argument("--name", default="name", help="attribute that holds the name")
        parser.add_argument("--crs", default="wgs84", choices=["wgs84", "gcj02", "bd09"])
        parser.add_argument("--as", dest="as_code", default="", help="code of the one shape in the file")
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *args, **options):
        try:
            outcome = import_areas(
                options["file"],
                columns=Column(options["code"], options["name"]),
                kind=options["kind"],
                parent_path=options["parent"],
                datum=options["crs"],
                as_code=options["as_code"],
                dry_run=options["dry_run"],
            )
        except ImportFailed as error:
            raise CommandError(str(error)) from error
        for row, reason in outcome.refused:
            self.stderr.write(f"row {row}: {reason}")
        self.stdout.write(
            f"{outcome.created} new, {outcome.changed} changed, {len(outcome.refused)} refused"
            + (" (dry run)" if options["dry_run"] else "")
        )
