from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SensorsConfig(AppConfig):
    name = "sensors"

    def ready(self):
        from . import checks, layers, parameters, subscribers, vehicle_parameters  # noqa: F401
        from .services.devicetypes import seed_after_migrate

        post_migrate.connect(seed_after_migrate, sender=self)
