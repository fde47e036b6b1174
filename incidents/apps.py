from django.apps import AppConfig
from django.db.models.signals import post_migrate


class IncidentsConfig(AppConfig):
    name = "incidents"

    def ready(self):
        from sensors.services.alarm_health import FOLLOWED
        from sensors.services.rehearsal import KNOWN

        from . import handover, layers, parameters, subscribers  # noqa: F401
        from .services import outcomes
        from .services.catalogue import seed_after_migrate
        from .services.known import known

        KNOWN.append(known)
        FOLLOWED.append(outcomes.FOLLOWED)
        post_migrate.connect(seed_after_migrate, sender=self)
