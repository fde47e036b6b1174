"""One port: websockets to Channels, everything else to the WSGI application in threads.

Sync views under Django's own ASGI handler cost five times as much (measured), so ``http`` goes to WSGI.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "command_center.settings.local")

from a2wsgi import WSGIMiddleware
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import CookieMiddleware
from django.core.wsgi import get_wsgi_application

wsgi = get_wsgi_application()

from command_center.onemap.routing import websocket_urls

application = ProtocolTypeRouter(
    {
        "http": WSGIMiddleware(wsgi, workers=16),
        "websocket": AllowedHostsOriginValidator(CookieMiddleware(URLRouter(websocket_urls))),
    }
)
