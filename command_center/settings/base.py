"""Settings shared by every environment. Each environment variable is read here, once, with a safe default."""

import glob
import os
from pathlib import Path

import environ

env = environ.Env()

# --- Paths ---------------------------------------------------------------------------------------
BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR = Path(env("ONEMAP_VAR", default=str(BASE_DIR / "var")))
MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(VAR / "media")))
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(VAR / "static")))


def _wheel_library(package, pattern):
    """The shared library that a wheel carries, so that the application does not lean on the system's."""
    spec = __import__("importlib.util").util.find_spec(package)
    root = Path(spec.origin).parent
    found = glob.glob(str(root.parent / f"{package}.libs" / pattern))
    return found[0] if found else None


# Debian 12 ships GDAL 3.6, which Django warns about; the wheels of shapely and pyogrio carry newer ones.
GEOS_LIBRARY_PATH = _wheel_library("shapely", "libgeos_c-*.so*")
GDAL_LIBRARY_PATH = _wheel_library("pyogrio", "libgdal-*.so*")
_pyogrio = Path(__import__("importlib.util").util.find_spec("pyogrio").origin).parent
os.environ.setdefault("PROJ_DATA", str(_pyogrio / "proj_data"))
os.environ.setdefault("GDAL_DATA", str(_pyogrio / "gdal_data"))

# --- Applications --------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "channels",
    "csp",
    "django_filters",
    "django_prometheus",
    "drf_spectacular",
    "leaflet",
    "pgtrigger",
    "rest_framework",
    "command_center.core",
    "command_center.duty",
    "sensors",
    "gridops",
    "incidents",
    "dispatch",
    "command_center.onemap",
    "command_center.demo",
]
AUTH_USER_MODEL = "core.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "command_center.urls"
ASGI_APPLICATION = "command_center.asgi.application"
WSGI_APPLICATION = "command_center.wsgi.application"

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "command_center.core.language.HallLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "command_center.core.middleware.ViewerMiddleware",
    "command_center.onemap.middleware.WallMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
                "command_center.core.context.hall",
            ],
        },
    }
]

# --- Database ------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default="postgis://onemap@127.0.0.1/onemap")}
DATABASES["default"]["ENGINE"] = "django.contrib.gis.db.backends.postgis"
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {}).update(
    {
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "options": f"-c statement_timeout={env.int('STATEMENT_TIMEOUT_MS', default=15000)}"
        # Compiling took longer than running any query here (150 of 240 ms of a snapshot).
        " -c jit=off -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000",
    }
)

# --- Redis: broker, bell, cache ------------------------------------------------------------------
REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
# Channels and redis-py say unix://path, Celery says redis+socket://path for the same thing.
CELERY_BROKER_URL = (
    REDIS_URL.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")
    if REDIS_URL.startswith("unix://")
    else REDIS_URL
)
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
}
# Sessions live in the database: the desk works with Redis gone.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- Security ------------------------------------------------------------------------------------
SECRET_KEY = env("SECRET_KEY", default="")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
DEBUG = False
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "desk"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600  # one shift
CSRF_FAILURE_VIEW = "command_center.onemap.views.forbidden"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
TIANDITU_KEY = env("TIANDITU_KEY", default="")  # empty: the district's own base map only
TIANDITU_HOST = env("TIANDITU_HOST", default="https://t{s}.tianditu.gov.cn")
TIANDITU_ATTRIBUTION = env("TIANDITU_ATTRIBUTION", default="")  # must carry the 审图号
_tiles = [TIANDITU_HOST.replace("{s}", "*")] if TIANDITU_KEY else []
# Where browsers may fetch live pictures: the media gateways, as "http://10.20.0.5:8080". Others are shown as stills.
MEDIA_ORIGINS = env.list("MEDIA_ORIGINS", default=[])
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "style-src": [
            "'self'",
            "'unsafe-inline'",
        ],  # Leaflet and ECharts place by style attributes
        "img-src": ["'self'", "data:", "blob:", *_tiles, *MEDIA_ORIGINS],
        "media-src": ["'self'", "blob:", *MEDIA_ORIGINS],
        "connect-src": ["'self'", "ws:", "wss:", *MEDIA_ORIGINS],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
from csp.constants import NONCE

CONTENT_SECURITY_POLICY["DIRECTIVES"]["script-src"] = ["'self'", NONCE]

# --- Language and time ---------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# --- Static files --------------------------------------------------------------------------------
STATIC_URL = "static/"
MEDIA_URL = "media/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "command_center.core.vendor.VendorFinder",  # before the apps: npm's Leaflet replaces the bundled one
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
LEAFLET_CONFIG = {
    "TILES": [],
    "RESET_VIEW": False,
    "ATTRIBUTION_PREFIX": False,
    "MIN_ZOOM": 9,
    "MAX_ZOOM": 18,
    "SCALE": None,
    "MINIMAP": False,
}

# --- Celery --------------------------------------------------------------------------------------
CELERY_TASK_DEFAULT_QUEUE = "now"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 30
CELERY_TASK_SOFT_TIME_LIMIT = 25
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Measured: without the restore options a task of a killed worker comes back up to 100 s late.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 90,
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 10,
}

# --- API -----------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["command_center.core.permissions.NamesItsAction"],
    "DEFAULT_PAGINATION_CLASS": "command_center.core.api.Page",
    "PAGE_SIZE": 100,
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "command_center.core.api.explain",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "One Map",
    "DESCRIPTION": "District command center: stations, readings, alarms, and what people do about them.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["command_center.core.permissions.SignedIn"],
    "ENUM_NAME_OVERRIDES": {"TimeUnitEnum": "dispatch.models.UNITS"},
}

# --- Logging -------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
        "asyncua": {"level": "CRITICAL"},  # each lost connection would be a trace
        "weasyprint": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
    },
}

# --- Ours: engineering knobs; what a district decides is in core.parameters ----------------------
OURS = {
    "gateway_host": env("GATEWAY_HOST", default="127.0.0.1"),
    "gateway_ports": {
        "sl651": env.int("GATEWAY_PORT", default=6510),
        "hj212": env.int("HJ212_PORT", default=6511),
        "gb26875": env.int("GB26875_PORT", default=6512),
        "jt808": env.int("JT808_PORT", default=6513),
        "slt427": env.int("SLT427_PORT", default=6514),
    },
    # Where terminals of vehicles upload the pictures of an alarm, as they reach it; no host or port 0: none are asked for.
    "evidence_host": env("EVIDENCE_HOST", default=env("GATEWAY_HOST", default="127.0.0.1")),
    "evidence_port": env.int("EVIDENCE_PORT", default=6515),
    # Only addresses in these networks are ever asked (CIDR and its ports, comma-separated); none: nothing is polled.
    "device_networks": env.list("DEVICE_NETWORKS", default=[]),
    "media_origins": MEDIA_ORIGINS,
    # Names us at MQTT brokers (12 letters): two halls at one broker need two names, or each ends the other's connection.
    "mqtt_client_id": env("MQTT_CLIENT_ID", default="onemap"),
    # Certificates (PEM) by which brokers with TLS are known; empty: those of the system.
    "device_ca_file": env("DEVICE_CA_FILE", default=""),
    # Where keys are kept that the hall makes for itself: what OPC UA servers know it by.
    "keys_folder": env("KEYS_FOLDER", default=str(VAR / "keys")),
    # Encrypts the secrets of devices: comma-separated, the first one encrypts, all of them decrypt.
    "device_secret_keys": env.list("DEVICE_SECRET_KEY", default=[]),
    # Where short messages and telephone calls go out (docs/howto/messages.md); empty: nobody can be reached by it.
    "message_urls": {
        "sms": env("MESSAGE_SMS_URL", default=""),
        "phone": env("MESSAGE_PHONE_URL", default=""),
    },
    "message_token": env("MESSAGE_TOKEN", default=""),
    "reading_days": env.int("READING_DAYS", default=400),
    "hour_days": env.int("HOUR_DAYS", default=3660),
    "demo_clock_allowed": False,  # the hall's clock may run fast only where settings say so
    # A recorded storm (CSV) for the simulated field; empty: a designed one.
    "storm": env("STORM", default=""),
    "faults": env("FAULTS", default="some"),  # what goes wrong in the simulated field: none, some, hostile
    "sim_port_base": env.int("SIM_PORT_BASE", default=8550),  # five ports of the simulated field from here on
    # What plays beside the simulated field: async functions of an event that ends them.
    "simulators": [
        "command_center.duty.simulator.run",
        "dispatch.simulator.run",
        "sensors.simulator.hazards.run",
        "sensors.simulator.lookouts.run",
        "sensors.simulator.warnings.run",
    ],
    "web_port": env.int("PORT", default=8000),  # where simulated units find the web process
    "metrics_token": env("METRICS_TOKEN", default=""),  # empty: /metrics answers loopback only
}
