from django.urls import path

from . import (
    pages_alarm_health,
    pages_camera_search,
    pages_devices,
    pages_files,
    pages_fire_spots,
    pages_frames,
    pages_lists,
    pages_lobby,
    pages_premises,
    pages_rules,
    pages_trips,
    pages_upkeep,
    pages_video,
    pages_warnings,
    views,
)

urlpatterns = [
    *pages_alarm_health.urls,
    *pages_camera_search.urls,
    *pages_lists.urls,
    *pages_lobby.urls,
    *pages_devices.urls,
    *pages_files.urls,
    *pages_fire_spots.urls,
    *pages_frames.urls,
    *pages_premises.urls,
    *pages_rules.urls,
    *pages_trips.urls,
    *pages_upkeep.urls,
    *pages_video.urls,
    *pages_warnings.urls,
    path("stations/<uuid:station_id>/still", views.still, name="still"),
    path("stations/<uuid:station_id>/stills/<int:still_id>", views.still, name="still-kept"),
]
