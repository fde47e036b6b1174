from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DispatchConfig(AppConfig):
    name = "dispatch"

    def ready(self):
        from . import layers, parameters, words  # noqa: F401
        from .services.catalogue import seed_after_migrate

        post_migrate.connect(seed_after_migrate, sender=self)
