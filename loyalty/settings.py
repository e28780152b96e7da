"""Every setting of the service, read from the environment once.

A missing or wrong value stops the start with a sentence that says what to set; nothing is guessed
in production. `loyalty.servers` fills the addresses in for `make demo` and `make test`.
"""

import os
from pathlib import Path

from csp.constants import NONCE, SELF
from django.core.exceptions import ImproperlyConfigured
from kombu import Exchange, Queue
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

BASE_DIR = Path(__file__).resolve().parent.parent


def env_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    value = os.environ.get(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"Set {name} to one of {', '.join(choices)}; it is {value!r}.")
    return value


def env_int(name: str, default: int) -> int:
    value = os.environ.get(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"Set {name} to a whole number; it is {value!r}.") from None


def env_text(name: str, hint: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"Set {name}: {hint}.")
    return value


# Statements are prepared where they run for every fact (accounts.postgres.statements), and written
# so that one plan serves any values: planning them anew took two thirds of a fact's database time.
# Compiling them would take longer than running them.
SESSION = "-c plan_cache_mode=force_generic_plan -c jit=off"


def env_database(name: str, hint: str) -> dict[str, object]:
    """Django's connection settings for the libpq address in the variable `name`."""
    try:
        parts = conninfo_to_dict(env_text(name, hint))
    except ProgrammingError as problem:
        raise ImproperlyConfigured(
            f"Set {name} to an address such as postgresql://role:password@host/database: {problem}"
        ) from None
    if not parts.get("dbname"):
        raise ImproperlyConfigured(f"Set {name} to an address that names a database.")
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST"}
    settings: dict[str, object] = {known[k]: v for k, v in parts.items() if k in known}
    settings["PORT"] = str(parts.get("port", ""))
    options = {k: v for k, v in parts.items() if k not in known and k != "port"}
    settings["OPTIONS"] = {"options": SESSION} | options
    settings["ENGINE"] = "accounts.postgres"
    return settings


ENVIRONMENT = env_choice("LOYALTY_ENV", "development", ("development", "production"))
IN_PRODUCTION = ENVIRONMENT == "production"
DEBUG = False

if IN_PRODUCTION:
    SECRET_KEY = env_text("SECRET_KEY", "a long random text, the same on every server")
    if len(SECRET_KEY) < 50:
        raise ImproperlyConfigured("Set SECRET_KEY to at least 50 random characters.")
else:
    SECRET_KEY = os.environ.get("SECRET_KEY", "only-for-development-" + "0" * 40)

# Gift codes, bank details and webhooks' secrets are kept sealed. The first key seals, all of them
# open: to change it, put the new one in front, run `manage.py reseal_codes`, `reseal_bank_details`
# and `reseal_webhooks`, then drop the old one.
SEALING_KEYS = [key for key in os.environ.get("SEALING_KEYS", "").split(",") if key]
if IN_PRODUCTION and not SEALING_KEYS:
    raise ImproperlyConfigured("Set SEALING_KEYS to a long random text, not the SECRET_KEY.")
if any(len(key) < 40 for key in SEALING_KEYS):
    raise ImproperlyConfigured("Set SEALING_KEYS to texts of at least 40 random characters.")
SEALING_KEYS = SEALING_KEYS or ["only-for-development-" + "1" * 40]

# Tenants live at <slug>.<LOYALTY_DOMAIN>; the bare domain shows sign-up and the way to a workspace.
DOMAIN = os.environ.get("LOYALTY_DOMAIN", "localhost")
PORT = env_int("LOYALTY_PORT", 443 if IN_PRODUCTION else 8000)
SCHEME = "https" if IN_PRODUCTION else "http"
ALLOWED_HOSTS = [DOMAIN, f".{DOMAIN}"]

DATABASES = {
    "default": env_database("DATABASE_URL", "the address of PostgreSQL 18 for the app's own role")
    | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": False},
}
# The owner's connection exists only where tables are made: `migrate`, `prepare_database`, tests.
if os.environ.get("DATABASE_OWNER_URL"):
    DATABASES["owner"] = env_database("DATABASE_OWNER_URL", "the address for the owning role")
DATABASE_ROUTERS = ["accounts.postgres.routing.OwnerMigrates"]

REDIS_URL = env_text("REDIS_URL", "the address of Valkey or Redis, such as redis://host:6379/0")
CACHES = {
    "default": {
        "BACKEND": "accounts.cache.SharedCache",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": "accounts.tenancy.cache_key",
    }
}

# Without rest_framework, which works all the same: as an app it would bring its translations of
# Django's own texts, and the German ones say Du to people who mistype an e-mail address.
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_tables2",
    "django_htmx",
    "heroicons",
    "anymail",
    "accounts",
    "tiers",
    "rewards",
    "rebates",
    "partners",
    "loyalty",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "loyalty.policy.PolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Facts that come one by one at the same time go in together; everything else goes on.
    "loyalty.api.together.TogetherMiddleware",
    # Opens the tenant and the transaction, so that everything below runs inside the wall.
    "accounts.middleware.TenantMiddleware",
    # Calls with a key turn off here; what follows is for people.
    "loyalty.api.shortcut.ShortcutMiddleware",
    "loyalty.compression.CompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.PeopleMiddleware",
    "loyalty.languages.LanguageMiddleware",
    # Staff who view the portal as a partner: nothing below may change anything.
    "loyalty.viewing.ViewingMiddleware",
]

ROOT_URLCONF = "loyalty.urls"
FRONT_URLCONF = "loyalty.front.urls"
WSGI_APPLICATION = "loyalty.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.i18n",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "loyalty.branding.branding",
            ],
        },
    },
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
# As the catalogs are there: <app>/locale/<language>; `make words` brings them up to date.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / ".data" / "static"
if not IN_PRODUCTION:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns of a missing folder
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IN_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not IN_PRODUCTION
# Uploaded and made files: never under a public address, only through views that check the reader.
MEDIA_ROOT = Path(os.environ.get("LOYALTY_FILES", BASE_DIR / ".data" / "files"))
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024  # 10,000 facts of the API fit well inside

# --- people and sign-in -------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.signin.InvitedOnly"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = SCHEME
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IN_PRODUCTION

EMAIL_BACKEND = os.environ.get(
    "LOYALTY_EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend"
)
EMAIL_TIMEOUT = 10  # seconds: letters go out after commit, while somebody waits for the page
DEFAULT_FROM_EMAIL = os.environ.get("LOYALTY_FROM_EMAIL", f"no-reply@{DOMAIN}")
# What django-anymail needs of a mail service: with LOYALTY_EMAIL_BACKEND set to, say,
# anymail.backends.postmark.EmailBackend, ANYMAIL_POSTMARK_SERVER_TOKEN is its key.
ANYMAIL = {
    name.removeprefix("ANYMAIL_"): value
    for name, value in os.environ.items()
    if name.startswith("ANYMAIL_")
}
ANYMAIL_REQUESTS_TIMEOUT = EMAIL_TIMEOUT
if IN_PRODUCTION and "LOYALTY_EMAIL_BACKEND" not in os.environ:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = env_text("EMAIL_HOST", "the mail server that sends invitations and codes")
    EMAIL_PORT = env_int("EMAIL_PORT", 587)
    EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
    EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
    EMAIL_USE_TLS = True

# --- the wire -----------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IN_PRODUCTION
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = IN_PRODUCTION
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IN_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IN_PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IN_PRODUCTION else None
# How many proxies of ours a call passes. The last of them names the caller, whose tries at signing
# in are counted; without it all callers would be one, and anybody could use up everybody's tries.
ALLAUTH_TRUSTED_PROXY_COUNT = env_int("LOYALTY_TRUSTED_PROXIES", 1 if IN_PRODUCTION else 0)
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": [SELF],
        "frame-ancestors": ["'none'"],
    }
}

# --- webhooks -----------------------------------------------------------------------------------
# Endpoints on this machine, by http too: to try webhooks out, and nothing to do in production.
WEBHOOKS_TO_LOCALHOST = env_choice("LOYALTY_WEBHOOKS_TO_LOCALHOST", "no", ("no", "yes")) == "yes"
if IN_PRODUCTION and WEBHOOKS_TO_LOCALHOST:
    raise ImproperlyConfigured("Leave LOYALTY_WEBHOOKS_TO_LOCALHOST out in production.")

# --- API ----------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["loyalty.api.keys.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["loyalty.api.keys.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["loyalty.api.parsing.ExactJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "loyalty.api.problems.problem_response",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    # Two shapes have it, and neither's name would do.
    "ENUM_NAME_OVERRIDES": {
        "DealStateEnum": "partners.models.deals.DealState.values",
        "PaymentStateEnum": "rebates.models.payments.PaymentState.values",
        "RunStateEnum": "rebates.models.payments.RunState.values",
        "SettlementStateEnum": "rebates.models.statements.SettlementState.values",
        "FundRequestStateEnum": "partners.models.fund_requests.RequestState.values",
        "FundBudgetKindEnum": "partners.models.funds.BudgetKind.values",
        "LeadStateEnum": "partners.models.leads.LeadState.values",
        "OfferStateEnum": "partners.models.leads.OfferState.values",
    },
    "TITLE": "Loyalty API",
    "DESCRIPTION": "Facts in; points, tiers and their reasons out.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "loyalty.api.document.tell_the_rest",
    ],
}

# Of each key; a call brings up to 10,000 facts.
API_CALLS_PER_MINUTE = env_int("LOYALTY_API_CALLS_PER_MINUTE", 6000)

# --- jobs: Postgres rows are the truth, the broker only makes it fast -----------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
# With acks_late alone a killed pool child loses its task.
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A task that outlives the visibility timeout runs twice at once, so its limit is under half of it.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
# Calls to other people's servers take as long as those please: in a queue of their own they can be
# given workers of their own (`-Q webhooks`). A worker that names no queue serves both.
CELERY_TASK_QUEUES = [
    Queue(name, Exchange(name), routing_key=name) for name in ("celery", "webhooks")
]
CELERY_TASK_ROUTES = {"accounts.tasks.deliver": {"queue": "webhooks"}}
CELERY_TASK_TIME_LIMIT = 1700
CELERY_TASK_SOFT_TIME_LIMIT = 1600

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOYALTY_LOG_LEVEL", "WARNING")},
}
