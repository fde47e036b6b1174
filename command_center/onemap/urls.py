from django.urls import path

from . import views, views_live

urlpatterns = [
    path("", views.desk, name="desk"),
    path("wall/", views.wall, name="wall"),
    path("stations/<uuid:station_id>/", views.station, name="station"),
    path("live/snapshot", views_live.live_snapshot, name="live-snapshot"),
    path("wall/pairing", views_live.wall_pairing, name="wall-pairing"),
    path("walls/", views_live.walls, name="walls"),
    path("walls/approve", views_live.approve_wall, name="wall-approve"),
    path("walls/<uuid:wall_id>/revoke", views_live.revoke_wall, name="wall-revoke"),
]
