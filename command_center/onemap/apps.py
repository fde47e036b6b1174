from django.apps import AppConfig


class OnemapConfig(AppConfig):
    name = "command_center.onemap"
    label = "onemap"
