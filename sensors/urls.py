from django.urls import path

from . import views

urlpatterns = [
    path("stations/<uuid:station_id>/still", views.still, name="still"),
    path("stations/<uuid:station_id>/stills/<int:still_id>", views.still, name="still-kept"),
]
