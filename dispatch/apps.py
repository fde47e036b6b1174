from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DispatchConfig(AppConfig):
    name = "dispatch"

    def ready(self):
        from incidents.services import CLOSING_GUARDS
        from incidents.services.timeline import SOURCES

        from . import handover, layers, parameters, words  # noqa: F401
        from .services.catalogue import seed_after_migrate
        from .services.timeline import lines, work_left

        CLOSING_GUARDS.append(work_left)
        SOURCES.append(lines)
        post_migrate.connect(seed_after_migrate, sender=self)
