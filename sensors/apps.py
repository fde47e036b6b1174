from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SensorsConfig(AppConfig):
    name = "sensors"

    def ready(self):
        from . import (  # noqa: F401
            checks,
            fire_layers,
            fire_parameters,
            fire_spot_parameters,
            handover,
            layers,
            parameters,
            subscribers,
            vehicle_parameters,
            warning_parameters,
        )
        from .services import design_rules, devicetypes, reading_files

        post_migrate.connect(devicetypes.seed_after_migrate, sender=self)
        post_migrate.connect(design_rules.seed_after_migrate, sender=self)
        post_migrate.connect(reading_files.seed_after_migrate, sender=self)
