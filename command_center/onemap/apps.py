from django.apps import AppConfig


class OnemapConfig(AppConfig):
    name = "command_center.onemap"
    label = "onemap"

    def ready(self):
        from . import hallmode  # noqa: F401  (the layer that every screen follows)
