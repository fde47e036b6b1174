"""Verify the log book's chain: names the first altered line and exits 1, or prints the head."""

import sys

from django.core.management.base import BaseCommand

from command_center.core import audit


class Command(BaseCommand):
    help = "Verify the hash chain of the log book; name the first altered line."

    def add_arguments(self, parser):
        parser.add_argument("--head", help="NUMBER:HASH kept elsewhere; the chain must still contain it")

    def handle(self, *args, **options):
        fault = audit.first_fault()
        if not fault and options["head"]:
            fault = self._missing(options["head"])
        if fault:
            self.stderr.write(fault)
            sys.exit(1)
        number, digest = audit.head()
        self.stdout.write(f"{number} lines, whole. head {number}:{digest}")

    def _missing(self, head):
        from command_center.core.models import AuditEntry

        number, _, digest = head.partition(":")
        found = AuditEntry.objects.filter(number=int(number), hash=digest).exists()
        return "" if found else f"line {number} is not the one kept elsewhere"
