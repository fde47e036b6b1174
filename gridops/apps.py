from django.apps import AppConfig


class GridopsConfig(AppConfig):
    name = "gridops"
