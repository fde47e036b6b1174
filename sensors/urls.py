from django.urls import path

from . import (
    pages_alarm_health,
    pages_camera_search,
    pages_devices,
    pages_frames,
    pages_lists,
    pages_lobby,
    pages_rules,
    pages_upkeep,
    pages_warnings,
    views,
)

urlpatterns = [
    *pages_alarm_health.urls,
    *pages_camera_search.urls,
    *pages_lists.urls,
    *pages_lobby.urls,
    *pages_devices.urls,
    *pages_frames.urls,
    *pages_rules.urls,
    *pages_upkeep.urls,
    *pages_warnings.urls,
    path("stations/<uuid:station_id>/still", views.still, name="still"),
    path("stations/<uuid:station_id>/stills/<int:still_id>", views.still, name="still-kept"),
]
