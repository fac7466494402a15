"""Django settings. Every value that an operator may change comes from the environment through `env`."""

from datetime import timedelta
from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy

from crm_platform import composition, env
from crm_platform.api.introduction import INTRODUCTION
from messaging.mail_providers import PROVIDERS
from tenants.declarations import collect
from tenants.gc_pause import pause_for_start

# Until the roof is ready (`crm_platform.apps`).
pause_for_start()

BASE_DIR = env.PROJECT_DIR
DEBUG = env.flag("CRM_DEBUG", default=False)

# A key that everybody can read is fit for a machine's own loopback only; check crm.E003 refuses it elsewhere.
DEVELOPMENT_SECRET_KEY = "development-only-key-for-loopback-use-set-CRM_SECRET_KEY"  # noqa: S105
SECRET_KEY = env.text("CRM_SECRET_KEY", DEVELOPMENT_SECRET_KEY)
ALLOWED_HOSTS = env.names("CRM_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.names("CRM_CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    # First, so that its `migrate` and `flush` (which work as the owner role) come before Django's own.
    "tenants",
    "events",
    "profiles",
    "messaging",
    "segments",
    "campaigns",
    "journeys",
    "social",
    "crm_platform",
    "unfold.apps.BasicAppConfig",
    "tenants.admin_config.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "django_celery_beat",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "graphene_django",
    "rest_framework",
    # The simulator and the benchmarks, in a checkout; the production image leaves their folders out.
    *composition.present("crm_platform.simulator", "crm_platform.bench"),
    *env.names("CRM_EXTRA_APPS"),
]

# --- What each app brings: routes, tasks, settings and all else are put together from these declarations.
_BROUGHT = collect(INSTALLED_APPS)
# Each becomes a setting of its name, as in `settings.CRM_SCORING_WORKERS`.
globals().update(composition.declared_settings(_BROUGHT))

MIDDLEWARE = [
    # Before the check of the Host header: probes call by address.
    "crm_platform.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "crm_platform.page_middleware.ProgramCompression",
    "tenants.middleware.RequestIdMiddleware",
    "tenants.api.origins.OriginsMiddleware",
    "django.middleware.common.CommonMiddleware",
    # What follows is about browsers: requests of programs pass it by.
    "crm_platform.page_middleware.PassPages",
    "crm_platform.page_middleware.PagePolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "crm_platform.page_middleware.PageSessions",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "tenants.middleware.AdminTenantMiddleware",
    "tenants.second_factor.SecondFactorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "crm_platform.urls"
WSGI_APPLICATION = "crm_platform.wsgi.application"
APPEND_SLASH = False

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# By program: `crm_platform.wsgi` and `crm_platform.celery` set what fits them; 0 (commands): no limit.
CRM_STATEMENT_SECONDS = env.number("CRM_STATEMENT_SECONDS", 0)
CRM_IDLE_TRANSACTION_SECONDS = env.number("CRM_IDLE_TRANSACTION_SECONDS", 300)
_address = env.program_address()
_owner = env.owner_address()
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "tenants.postgresql",
        "NAME": _address.name,
        "USER": _address.user,
        "PASSWORD": _address.password,
        "HOST": _address.host,
        "PORT": _address.port,
        "OWNER": {"USER": _owner.user, "PASSWORD": _owner.password},
        "CONN_MAX_AGE": 300,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {
            **_address.options,
            # Nothing waits for ever: a frozen process, a vanished host, a statement that found the wrong plan.
            "options": (
                f"-c search_path={_address.schema},public"
                f" -c statement_timeout={CRM_STATEMENT_SECONDS * 1000}"
                f" -c idle_in_transaction_session_timeout={CRM_IDLE_TRANSACTION_SECONDS * 1000}"
                " -c client_connection_check_interval=5000"
            ),
            "connect_timeout": 5,
            "application_name": "crm",
        },
    }
}
CRM_DATABASE_SCHEMA = _address.schema

REDIS_URL = env.redis_url()
AUTH_USER_MODEL = "tenants.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# --- The doors of people: which passwords are taken, and how often one may be wrong (tenants.signing_in).
_PASSWORDS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{_PASSWORDS}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_PASSWORDS}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{_PASSWORDS}.CommonPasswordValidator"},
    {"NAME": f"{_PASSWORDS}.NumericPasswordValidator"},
]
AUTHENTICATION_BACKENDS = [
    # First: it refuses whoever was wrong too often before a password is compared.
    "axes.backends.AxesStandaloneBackend",
    "tenants.signing_in.PersonBackend",
]
AXES_HANDLER = "tenants.signing_in.Throttle"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
# In the order of Throttle's weights; a list inside is a combination.
AXES_LOCKOUT_PARAMETERS: list[str | list[str]] = [["username", "ip_address"], "username", "ip_address"]
AXES_LOCKOUT_CALLABLE = "tenants.signing_in.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# REMOTE_ADDR is the caller's own: crm_platform.web.bridge sets it, with CRM_PROXIES in front too.
AXES_CLIENT_IP_CALLABLE = "tenants.signing_in.address_of"

# The link of a mail for a new password.
PASSWORD_RESET_TIMEOUT = 3 * 60 * 60
OTP_TOTP_ISSUER = "Clubhouse CRM"

# --- Mails to staff about their accounts. Without a mail server they become files that whoever installs can read.
EMAIL_HOST = globals()["CRM_SMTP_HOST"]
EMAIL_PORT = globals()["CRM_SMTP_PORT"]
EMAIL_HOST_USER = globals()["CRM_SMTP_USER"]
EMAIL_HOST_PASSWORD = globals()["CRM_SMTP_PASSWORD"]
EMAIL_USE_TLS = globals()["CRM_SMTP_SECURITY"] == "STARTTLS"
EMAIL_USE_SSL = globals()["CRM_SMTP_SECURITY"] == "TLS"
EMAIL_TIMEOUT = 10
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
if (_provider := PROVIDERS.get(globals()["CRM_MAIL_PROVIDER"])) is not None:
    EMAIL_BACKEND = f"anymail.backends.{_provider.module}.EmailBackend"
    ANYMAIL = {
        _provider.key: globals()["CRM_MAIL_PROVIDER_KEY"],
        "WEBHOOK_SECRET": globals()["CRM_MAIL_WEBHOOK_SECRET"],
        # What a provider cannot do (switching its own tracking off, say) must not stop a mail.
        "IGNORE_UNSUPPORTED_FEATURES": True,
        "REQUESTS_TIMEOUT": (EMAIL_TIMEOUT, EMAIL_TIMEOUT),
    }
EMAIL_FILE_PATH = env.data_dir() / "mail"
DEFAULT_FROM_EMAIL = globals()["CRM_MAIL_FROM"]

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
# English only; the catalogue puts plain words in the place of Django's own (`tenants.stock_words`).
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "tenants" / "locale"]
FORMAT_MODULE_PATH = "tenants.formats"

STATIC_URL = "/static/"
# Empty: files are served from where they lie, without `collectstatic`.
STATIC_ROOT = env.text("CRM_STATIC_ROOT") or None
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]
WHITENOISE_USE_FINDERS = True

# --- The back office: names, colours (a golf green that reads well on white and on black) and the sidebar.
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Clubhouse CRM",
    "SITE_HEADER": "Clubhouse CRM",
    "SITE_SUBHEADER": "tenants.admin.site.club_name",
    "SITE_SYMBOL": "golf_course",
    "SITE_URL": "",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("crm/favicon.svg")},
    ],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "STYLES": composition.assets(_BROUGHT, "styles"),
    "SCRIPTS": composition.assets(_BROUGHT, "scripts"),
    "COLORS": {
        "base": {
            "50": "#f6f8f7",
            "100": "#eef3f0",
            "200": "#dfe6e2",
            "300": "#c5d0ca",
            "400": "#9bada4",
            "500": "#63746b",
            "600": "#4d5c54",
            "700": "#33423a",
            "800": "#222d28",
            "900": "#17201c",
            "950": "#0f1614",
        },
        "primary": {
            "50": "#f0f8f3",
            "100": "#dcefe3",
            "200": "#bbdfc9",
            "300": "#8dc8a6",
            "400": "#5bb083",
            "500": "#3a9a68",
            "600": "#1f7a4a",
            "700": "#1a633e",
            "800": "#174f33",
            "900": "#14412b",
            "950": "#0a2419",
        },
    },
    "ACCOUNT": {
        "navigation": [
            {"title": "Change password", "link": reverse_lazy("admin:password_change")},
            {"title": "Second factor", "link": reverse_lazy("admin:second_factor")},
        ],
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": composition.navigation(_BROUGHT),
    },
}

# --- Celery: short tasks, ids only; a lost message is found again by the sweep in the beat schedule.
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 270
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Above the longest task's limit (an hour), or Redis hands it to a second worker while the first is at it.
    "visibility_timeout": 2 * 60 * 60,
    "socket_timeout": 10,
    "socket_connect_timeout": 2,
    "global_keyprefix": env.text("CRM_CELERY_PREFIX", "crm-celery:"),
}
# Tasks use their process's connection again (`crm_platform.celery`); Celery would close it after each of them.
CELERY_DB_REUSE_MAX = 2**62
CELERY_TASK_DEFAULT_QUEUE = "maintenance"
CELERY_TASK_ROUTES = composition.task_routes(_BROUGHT)
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = composition.beat_schedule(_BROUGHT)
CELERY_BEAT_MAX_LOOP_INTERVAL = 5

# --- Privacy: keys the hashes of erased people's identifiers; with another secret nobody is recognised any more.
# Empty: a file made in CRM_KEY_DIR.
CRM_SUPPRESSION_SECRET = env.text("CRM_SUPPRESSION_SECRET")

# --- Secrets that must be read again: the first key writes, all read. Without any, a key file is made in CRM_KEY_DIR.
CRM_ENCRYPTION_KEYS = env.fernet_keys("CRM_ENCRYPTION_KEYS")

# --- Callers: bearer tokens of the identity provider, checked against its published keys.
CRM_JWT_JWKS = env.text("CRM_JWT_JWKS")
CRM_JWT_AUDIENCE = env.text("CRM_JWT_AUDIENCE", "crm")
CRM_JWT_ISSUER = env.text("CRM_JWT_ISSUER", "crm-development")
CRM_KEY_DIR = env.data_dir() / "keys"
CRM_RATE_LIMITS = {
    "read": env.number("CRM_RATE_READ", 1000),
    "write": env.number("CRM_RATE_WRITE", 100),
    "events": env.number("CRM_RATE_EVENTS", 600_000),
    "campaigns": env.number("CRM_RATE_CAMPAIGNS", 10),
    "publish": env.number("CRM_RATE_PUBLISH", 30),
}

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tenants.api.authentication.CallerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["tenants.api.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["tenants.api.rendering.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["tenants.api.rendering.OrjsonParser"],
    "DEFAULT_SCHEMA_CLASS": "tenants.api.openapi.TenantSchema",
    "EXCEPTION_HANDLER": "tenants.api.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "CRM & Marketing Platform",
    "DESCRIPTION": INTRODUCTION,
    "VERSION": "1.0.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        **composition.enum_names(_BROUGHT),
        "ErrorCode": "tenants.api.error_codes.NAMES",
    },
    "TAGS": composition.tags(_BROUGHT),
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "tenants.api.openapi.add_described",
        "tenants.api.openapi.name_enum_values",
        "tenants.api.openapi.widen_integers",
        "tenants.api.examples.add_examples",
    ],
}
GRAPHENE = {"SCHEMA": "crm_platform.graphql.schema"}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "tenants.request_id.RequestIdFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]}
    },
    "root": {"handlers": ["stderr"], "level": env.choice("CRM_LOG_LEVEL", "INFO", env.LOG_LEVELS)},
}

# How many proxies of ours stand in front: so many addresses of X-Forwarded-For are believed (crm_platform.web.bridge).
CRM_PROXIES = env.number("CRM_PROXIES", 0)
# Cookies go over HTTPS only once the platform has a name beyond this machine, unless told otherwise.
CRM_IS_PUBLIC = not all(env.is_loopback(host) for host in ALLOWED_HOSTS)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.flag("CRM_SECURE_COOKIES", default=CRM_IS_PUBLIC)
# A session ends when nobody has used it for so long: each use moves its end.
SESSION_COOKIE_AGE = env.number("CRM_SESSION_IDLE_MINUTES", 8 * 60) * 60
# Days for which browsers remember to come over HTTPS only; 0 says nothing.
SECURE_HSTS_SECONDS = env.number("CRM_HSTS_DAYS", 0) * 86_400
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
# `check --deploy`, which CI runs with a production's settings, asks for these by name.
SILENCED_SYSTEM_CHECKS = [
    # Subdomains are other people's programs: whether all of them are on HTTPS is not ours to promise, nor to preload.
    "security.W005",
    "security.W021",
    # The proxy in front turns plain HTTP away (docs/Caddyfile); probes call without it, by address.
    "security.W008",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
