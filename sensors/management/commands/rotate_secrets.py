"""After a new key was put in front of DEVICE_SECRET_KEY: encrypt all secrets of devices with it."""

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from sensors.services import secrets


class Command(BaseCommand):
    help = "Encrypt the secrets of all devices with the first key of DEVICE_SECRET_KEY."

    def handle(self, **options) -> None:
        try:
            with transaction.atomic():
                self.stdout.write(f"{secrets.rotate()} secrets")
        except secrets.Unreadable as wrong:
            raise CommandError(str(wrong)) from None
