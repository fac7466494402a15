"""Django settings. Every value that an operator may change comes from the environment through `env`."""

from datetime import timedelta
from typing import Any

from celery.schedules import crontab
from django.templatetags.static import static
from django.urls import reverse_lazy

from crm_platform import env

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
    "django_celery_beat",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "graphene_django",
    "rest_framework",
]

MIDDLEWARE = [
    # Before the check of the Host header: probes call by address.
    "crm_platform.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "crm_platform.page_middleware.PageFiles",
    "tenants.middleware.RequestIdMiddleware",
    "crm_platform.page_middleware.PageSessions",
    "django.middleware.common.CommonMiddleware",
    "crm_platform.page_middleware.PageForms",
    "crm_platform.page_middleware.PageUsers",
    "crm_platform.page_middleware.PageMessages",
    "crm_platform.page_middleware.PageFrames",
    "tenants.middleware.AdminTenantMiddleware",
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

_address = env.parse_database_url(env.database_url())
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "tenants.postgresql",
        "NAME": _address.name,
        "USER": _address.user,
        "PASSWORD": _address.password,
        "HOST": _address.host,
        "PORT": _address.port,
        "CONN_MAX_AGE": 300,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {
            **_address.options,
            "options": f"-c search_path={_address.schema},public",
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

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
# Empty: files are served from where they lie, without `collectstatic`.
STATIC_ROOT = env.text("CRM_STATIC_ROOT") or None
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]
WHITENOISE_USE_FINDERS = True

# --- The back office: names, colours (a golf green that reads well on white and on black) and the sidebar.
_MAY_VIEW = "tenants.admin.site.may_view"
_MAY_EDIT = "tenants.admin.site.may_edit"
_MAY_ADMINISTER = "tenants.admin.site.may_administer"


def _entry(title: str, icon: str, route: str, permission: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{route}"), "permission": permission}


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
    "STYLES": [
        lambda request: static("crm/frame.css"),
        lambda request: static("crm/parts.css"),
        lambda request: static("crm/customer.css"),
        lambda request: static("crm/review.css"),
        lambda request: static("crm/scores.css"),
        lambda request: static("crm/webhooks.css"),
    ],
    "SCRIPTS": [
        lambda request: static("crm/frame.js"),
        lambda request: static("crm/search.js"),
        lambda request: static("crm/timeline.js"),
        lambda request: static("crm/live.js"),
        lambda request: static("crm/review.js"),
    ],
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
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "items": [
                    _entry("Dashboard", "space_dashboard", "index", _MAY_VIEW),
                    _entry("Customers", "groups", "profiles_customerprofile_changelist", _MAY_VIEW),
                    _entry("Slipping away", "trending_down", "slipping_away", _MAY_VIEW),
                    _entry("Review", "compare_arrows", "review_queue", _MAY_EDIT),
                    _entry("Import", "upload_file", "imports", _MAY_EDIT),
                ],
            },
            {
                "title": "Operations",
                "separator": True,
                "items": [
                    _entry("Inbox", "inbox", "operations_inbox", _MAY_VIEW),
                    _entry("Dead letters", "report", "operations_dead_letters", _MAY_VIEW),
                    _entry("Consumers", "sync_alt", "operations_consumers", _MAY_VIEW),
                    _entry("Parked entries", "local_parking", "operations_parked", _MAY_VIEW),
                ],
            },
            {
                "title": "Settings",
                "separator": True,
                "items": [
                    _entry("Club", "golf_course", "tenants_tenant_changelist", _MAY_ADMINISTER),
                    _entry("Colleagues", "badge", "tenants_membership_changelist", _MAY_ADMINISTER),
                    _entry("Users", "person", "tenants_user_changelist", _MAY_ADMINISTER),
                    _entry("API keys", "key", "tenants_apikey_changelist", _MAY_ADMINISTER),
                    _entry("Webhooks", "webhook", "webhooks", _MAY_ADMINISTER),
                    _entry("Scoring rules", "speed", "scoring_rules", _MAY_VIEW),
                    _entry("Privacy", "shield_person", "privacy", _MAY_ADMINISTER),
                    _entry("Action log", "history", "tenants_loggedaction_changelist", _MAY_ADMINISTER),
                ],
            },
        ],
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
    "visibility_timeout": 900,
    "socket_timeout": 10,
    "socket_connect_timeout": 2,
    "global_keyprefix": env.text("CRM_CELERY_PREFIX", "crm-celery:"),
}
CELERY_TASK_DEFAULT_QUEUE = "maintenance"
CELERY_TASK_ROUTES = {
    "profiles.process_inbox": {"queue": "events"},
    "events.read_log": {"queue": "consumers"},
    "events.run_consumer": {"queue": "consumers"},
    # Waits for other people's servers, and has a worker of its own with threads.
    "events.deliver_webhooks": {"queue": "webhooks"},
    "events.wake_webhooks": {"queue": "webhooks"},
}
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep": {"task": "events.sweep", "schedule": timedelta(seconds=2), "options": {"expires": 4}},
    "wake-webhooks": {
        "task": "events.wake_webhooks",
        "schedule": timedelta(seconds=2),
        "options": {"expires": 4},
    },
    "prune-webhooks": {
        "task": "events.prune_webhooks",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3000},
    },
    # Finds what is due: each club's own night, new rules, a run that was cut off.
    "score-touched": {
        "task": "profiles.wake_score_touched",
        "schedule": timedelta(seconds=3),
        "options": {"expires": 4},
    },
    "score-everybody": {
        "task": "profiles.score_everybody",
        "schedule": timedelta(minutes=5),
        "options": {"expires": 240},
    },
    "weigh-candidates": {
        "task": "profiles.weigh_candidates",
        "schedule": timedelta(minutes=2),
        "options": {"expires": 100},
    },
    "wake-imports": {
        "task": "profiles.wake_imports",
        "schedule": timedelta(seconds=30),
        "options": {"expires": 25},
    },
    "find-duplicates": {
        "task": "profiles.find_duplicates",
        "schedule": crontab(hour=2, minute=30),
        "options": {"expires": 3600},
    },
    "apply-retention": {
        "task": "profiles.apply_retention",
        "schedule": crontab(hour=3, minute=30),
        "options": {"expires": 3600},
    },
    "prune-log": {"task": "events.prune_log", "schedule": timedelta(hours=1), "options": {"expires": 3000}},
    "prune-idempotency-records": {
        "task": "tenants.prune_idempotency_records",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3000},
    },
}
CELERY_BEAT_MAX_LOOP_INTERVAL = 5

# --- Privacy: keys the hashes of erased people's identifiers; with another secret nobody is recognised any more.
CRM_SUPPRESSION_SECRET = env.text("CRM_SUPPRESSION_SECRET") or SECRET_KEY

# --- Secrets that must be read again: the first key writes, all read. Without any, a key file is made in CRM_KEY_DIR.
CRM_ENCRYPTION_KEYS = env.fernet_keys("CRM_ENCRYPTION_KEYS")

# --- Webhooks: whether they may go to private networks and over plain HTTP, as a developer's own receiver needs it.
CRM_WEBHOOKS_ALLOW_PRIVATE = env.flag("CRM_WEBHOOKS_ALLOW_PRIVATE", default=False)

# --- Callers: bearer tokens of the identity provider, checked against its published keys.
CRM_JWT_JWKS = env.text("CRM_JWT_JWKS")
CRM_JWT_AUDIENCE = env.text("CRM_JWT_AUDIENCE", "crm")
CRM_JWT_ISSUER = env.text("CRM_JWT_ISSUER", "crm-development")
CRM_KEY_DIR = env.data_dir() / "keys"
CRM_RATE_LIMITS = {
    "read": env.number("CRM_RATE_READ", 1000),
    "write": env.number("CRM_RATE_WRITE", 100),
    "events": env.number("CRM_RATE_EVENTS", 600_000),
}

# --- The search for duplicates: where pairs are compared, with how much, and what follows from a probability.
CRM_DUPLICATES_BACKEND = env.choice("CRM_DUPLICATES_BACKEND", "DUCKDB", ("DUCKDB", "SPARK")).lower()
CRM_DUPLICATES_MEMORY = env.text("CRM_DUPLICATES_MEMORY", "3GB")
CRM_DUPLICATES_THREADS = env.number("CRM_DUPLICATES_THREADS", 0)  # 0: as many as there are processors
CRM_DUPLICATES_FOLDER = env.text("CRM_DUPLICATES_FOLDER")
CRM_DUPLICATES_MOST_PAIRS = env.number("CRM_DUPLICATES_MOST_PAIRS", 10_000_000)
CRM_DUPLICATES_TRAIN_FROM = env.number("CRM_DUPLICATES_TRAIN_FROM", 20_000)
CRM_DUPLICATES_QUEUE_FROM = env.fraction("CRM_DUPLICATES_QUEUE_FROM", 0.3)
CRM_DUPLICATES_MERGE_FROM = env.fraction("CRM_DUPLICATES_MERGE_FROM", 0.9999)

# --- Scores: threads, each with a connection, that score everybody of a club.
CRM_SCORING_WORKERS = env.number("CRM_SCORING_WORKERS", 2)

# --- Queues shared with the other services.
CRM_EVENTS_QUEUE = env.text("CRM_EVENTS_QUEUE", "crm-events")
CRM_OUTBOUND_QUEUE = env.text("CRM_OUTBOUND_QUEUE", "crm-outbound")
CRM_BULLMQ_PREFIX = env.text("CRM_BULLMQ_PREFIX", "bull")

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
    "DESCRIPTION": "One view of each customer of a club, and what to do about it.",
    "VERSION": "1.0.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "CustomerStatus": "profiles.models.ProfileStatus",
        "EditableStatus": "profiles.editing.STATUSES",
        "LifecycleStage": "profiles.models.LifecycleStage",
        "ActivityCategory": "profiles.models.ActivityCategory",
        "EventStatus": "events.models.InboxStatus",
        "EventDoor": "events.models.Door",
        "EventSource": "events.envelope.SOURCES",
        "RefusalCode": "events.models.RefusalCode",
        "WebhookStatus": "events.models.EndpointStatus",
        "WebhookDeliveryStatus": "events.models.DeliveryStatus",
    },
    "TAGS": [
        {"name": "customers", "description": "Who they are: list, find, read, make, change."},
        {"name": "timeline", "description": "What they did, newest first."},
        {"name": "notes", "description": "What staff wrote about them."},
        {"name": "events", "description": "Publishing what happened, and seeing what became of it."},
        {"name": "webhooks", "description": "Outbound events, sent to URLs of yours as signed requests."},
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

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.flag("CRM_SECURE_COOKIES", default=False)
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
