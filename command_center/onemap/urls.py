from django.urls import path

from . import views

urlpatterns = [
    path("", views.desk, name="desk"),
    path("wall/", views.wall, name="wall"),
    path("stations/<uuid:station_id>/", views.station, name="station"),
]
