from django.urls import path

from .consumer import LiveConsumer

websocket_urls = [path("ws/live/", LiveConsumer.as_asgi())]
