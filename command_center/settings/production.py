"""Production: refuses to start insecure. Every secret comes from the environment."""

from django.core.exceptions import ImproperlyConfigured

from .base import *
from .base import DATABASES, OURS, SECRET_KEY, env


def _require(condition, sentence):
    if not condition:
        raise ImproperlyConfigured(sentence)


_require(len(SECRET_KEY) >= 50, "SECRET_KEY must be set to at least 50 random characters.")
_require(
    env("ALLOWED_HOSTS", default=""),
    "ALLOWED_HOSTS must name the hosts this site answers to.",
)
_require(env("DATABASE_URL", default=""), "DATABASE_URL must name the PostgreSQL server.")
_require(DATABASES["default"].get("PASSWORD"), "DATABASE_URL must carry a password.")
_require(env("REDIS_URL", default=""), "REDIS_URL must name the Redis server.")

_require(
    OURS["device_secret_keys"] and all(len(key) >= 40 for key in OURS["device_secret_keys"]),
    "DEVICE_SECRET_KEY must be set to at least 40 random characters.",
)
_require(
    set(OURS["device_secret_keys"]).isdisjoint({SECRET_KEY}),
    "DEVICE_SECRET_KEY must be another key than SECRET_KEY.",
)

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "command_center.core.vendor.HashedStorage"},
}
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31536000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
OURS["demo_clock_allowed"] = False
