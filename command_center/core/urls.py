from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from . import attachments, health, tiles

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("metrics", health.metrics, name="metrics"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("attachments/<uuid:pk>/", attachments.show, name="attachment"),
    path("tiles/<int:z>/<int:x>/<int:y>.mvt", tiles.tile, name="tile"),
]
