from django.apps import AppConfig


class DutyConfig(AppConfig):
    name = "command_center.duty"
    label = "duty"
