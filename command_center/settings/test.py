"""Tests: own database, cheap password hashes, finders instead of collected files."""

from .base import *
from .base import OURS, VAR

SECRET_KEY = "only-for-tests-" + "x" * 40
OURS["demo_clock_allowed"] = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_USE_FINDERS = True
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
CELERY_TASK_ALWAYS_EAGER = False
OURS["device_networks"] = ["127.10.0.0/16"]
OURS["device_secret_keys"] = ["only-for-tests-" + "y" * 40]
OURS["keys_folder"] = str(VAR / "test" / "keys")
