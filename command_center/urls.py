"""All addresses. Composition: only here (and in settings, asgi, celery) are all apps named."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import JavaScriptCatalog

from command_center.core import api_views as core_api
from command_center.core.sign_in import SignIn
from command_center.duty import api as duty_api
from command_center.duty import pages as duty_pages
from command_center.duty import pages_roster
from command_center.onemap import api as onemap_api
from dispatch import api_orders, api_units
from dispatch import pages as dispatch_pages
from incidents import api as incidents_api
from sensors import api as sensors_api

urlpatterns = [
    path("", include("command_center.onemap.urls")),
    path("", include("command_center.core.urls")),
    path("", include("sensors.urls")),
    path("", include(dispatch_pages.urls)),
    path("", include(duty_pages.urls)),
    path("", include(pages_roster.urls)),
    path(
        "api/v1/",
        include(
            [
                *core_api.urls,
                *onemap_api.urls,
                *sensors_api.urls,
                *duty_api.urls,
                *incidents_api.urls,
                *api_units.urls,
                *api_orders.urls,
            ]
        ),
    ),
    path("sign-in/", SignIn.as_view(), name="login"),
    path("sign-out/", auth.LogoutView.as_view(), name="logout"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("words.js", JavaScriptCatalog.as_view(), name="words"),
    path("admin/", admin.site.urls),
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}favicon.svg")),
]

handler404 = "command_center.onemap.views.not_found"
handler403 = "command_center.onemap.views.forbidden"
