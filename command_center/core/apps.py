from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "command_center.core"
    label = "core"

    def ready(self):
        from . import attachments, checks  # noqa: F401
