from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "command_center.demo"
