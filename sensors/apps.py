from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SensorsConfig(AppConfig):
    name = "sensors"

    def ready(self):
        from . import (  # noqa: F401
            checks,
            handover,
            layers,
            parameters,
            subscribers,
            vehicle_parameters,
            warning_parameters,
        )
        from .services import design_rules, devicetypes

        post_migrate.connect(devicetypes.seed_after_migrate, sender=self)
        post_migrate.connect(design_rules.seed_after_migrate, sender=self)
