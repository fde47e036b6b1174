from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SensorsConfig(AppConfig):
    name = "sensors"

    def ready(self):
        from . import checks, fire_layers, handover, layers, parameters, subscribers  # noqa: F401
        from .services import design_rules, devicetypes, reading_files

        post_migrate.connect(devicetypes.seed_after_migrate, sender=self)
        post_migrate.connect(design_rules.seed_after_migrate, sender=self)
        post_migrate.connect(reading_files.seed_after_migrate, sender=self)
