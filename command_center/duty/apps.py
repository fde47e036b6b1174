from django.apps import AppConfig


class DutyConfig(AppConfig):
    name = "command_center.duty"
    label = "duty"

    def ready(self):
        from . import layers, parameters, sections  # noqa: F401
