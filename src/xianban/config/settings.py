"""Django's settings: what a deployment may choose comes from XIANBAN_… variables, listed in docs."""

import os
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF

from xianban.base.errors import BadInput
from xianban.base.home import home, secret


def origin_of(url: str) -> str:
    """Scheme and host of an address: https://id.example.org."""
    return "/".join(url.split("/")[:3])


BASE_DIR = Path(__file__).resolve().parents[1]
HOME = home()
DEBUG = os.environ.get("XIANBAN_DEBUG") == "1"
SECRET_KEY = secret("django").hex()
ALLOWED_HOSTS = os.environ.get("XIANBAN_HOSTS", "*").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("XIANBAN_ORIGINS", "").split(",") if o]
BEHIND_TLS = os.environ.get("XIANBAN_TLS") == "1"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
    "csp",
    "ninja",  # its documentation page is then served from here, not from elsewhere
    "xianban.ledger",
    "xianban.files",
    "xianban.city",
    "xianban.accounts",
    "xianban.residents",
    "xianban.notices",
    "xianban.casework",
    "xianban.dispatch",
    "xianban.intake",
    "xianban.appraisal",
    "xianban.command",
    "xianban.prevention",
    "xianban.privacy",
    "xianban.api",
    "xianban.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "xianban.web.middleware.Guarded",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "xianban.web.middleware.ChosenLanguage",
    "xianban.web.middleware.ChosenType",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "xianban.accounts.sessions.SessionLimits",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "xianban.web.middleware.CityPages",
]

ROOT_URLCONF = "xianban.config.urls"
WSGI_APPLICATION = "xianban.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "web" / "templates"],  # before allauth's own
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "xianban.web.context.page",
            ],
            "builtins": ["xianban.web.templatetags.marked_forms"],  # every form says whose it is
        },
    }
]

SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 30,
    # FULL: an accepted request survives a power cut, which NORMAL does not promise in WAL mode
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-64000;",
}
DATABASE_URL = os.environ.get("XIANBAN_DATABASE_URL") or f"sqlite:///{HOME / 'xianban.sqlite3'}"
if DATABASE_URL.partition("://")[0] not in ("sqlite", "postgres", "postgresql", "pgsql"):
    raise BadInput(  # without repeating it: there may be a password in it
        "XIANBAN_DATABASE_URL names no database that Xianban runs on; write "
        "postgresql://USER:PASSWORD@HOST:PORT/NAME, or leave it out for SQLite in XIANBAN_HOME"
    )
DATABASES = {
    "default": dj_database_url.parse(
        DATABASE_URL,
        conn_max_age=None,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
else:
    # what is asked for every request is planned once; an old pooler between us wants None here
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("prepare_threshold", 3)

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {"user_attributes": ("username", "name", "email")}),
        ("MinimumLengthValidator", {"min_length": 12}),  # length, and no rule about signs
        ("CommonPasswordValidator", {}),
    )
] + [{"NAME": "xianban.accounts.passwords.NotPlain"}]
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# a whole call centre signs in from one address; guessing is django-axes' to stop
ACCOUNT_RATE_LIMITS = {"login": "300/m/ip", "login_failed": "60/m/ip"}
ACCOUNT_ADAPTER = "xianban.accounts.adapter.ClosedSignup"
LOGIN_REDIRECT_URL = "/home/"
LOGIN_URL = "account_login"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
AXES_HANDLER = "xianban.accounts.lockout.GrowingDelay"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 24  # hours for which tries are counted; how long one waits is the handler's
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "xianban.accounts.callers.address_of"
AXES_LOCKOUT_CALLABLE = "xianban.accounts.adapter.locked_out"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]

CSRF_FAILURE_VIEW = "xianban.web.refusals.stale_form"
SESSION_COOKIE_AGE = int(float(os.environ.get("XIANBAN_SESSION_HOURS", "12")) * 3600)
SESSION_IDLE_S = int(float(os.environ.get("XIANBAN_IDLE_MINUTES", "120")) * 60)
# roles, or verbs of accounts/rules.py, that need a second factor
SECOND_FACTOR_FOR = frozenset(
    one.strip() for one in os.environ.get("XIANBAN_SECOND_FACTOR", "").split(",") if one.strip()
)
MFA_ADAPTER = "xianban.accounts.identity.SealedFactors"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are written down by administrators
MFA_TOTP_ISSUER = "Xianban"
MFA_TOTP_TOLERANCE = 1

OIDC_URL = os.environ.get("XIANBAN_OIDC_URL", "")
OIDC_EMPLOYEE_CLAIM = os.environ.get("XIANBAN_OIDC_EMPLOYEE", "")
SOCIALACCOUNT_ADAPTER = "xianban.accounts.identity.KnownPeopleOnly"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_PROVIDERS = (
    {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "city",
                    "name": os.environ.get("XIANBAN_OIDC_NAME", "OpenID Connect"),
                    "client_id": os.environ.get("XIANBAN_OIDC_CLIENT", "xianban"),
                    "secret": os.environ.get("XIANBAN_OIDC_SECRET", ""),
                    "settings": {"server_url": OIDC_URL},
                }
            ],
        }
    }
    if OIDC_URL
    else {}
)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Nothing but what is named may be loaded, and nothing that stands in a page is run or applied;
# scripts may still set the style of an element, which is all that Leaflet and ECharts do.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        # the way to the identity provider begins with a form
        "form-action": [SELF, *([origin_of(OIDC_URL)] if OIDC_URL else [])],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
# what a page may ask of a device: where it is, to say where a thing happened, and nothing else
PERMISSIONS_POLICY = ", ".join(
    ["geolocation=(self)"]
    + [f"{name}=()" for name in (
        "accelerometer", "camera", "display-capture", "gyroscope", "magnetometer", "microphone",
        "midi", "payment", "usb",
    )]
)  # fmt: skip

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "web" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"  # the city's own zone comes from its pack

STATIC_URL = "/static/"
STATICFILES_DIRS: list[Path] = []
WHITENOISE_USE_FINDERS = True  # no collectstatic step to forget
WHITENOISE_MAX_AGE = 3600

FILE_LIMITS = {
    "mb": float(os.environ.get("XIANBAN_FILE_MB", "25")),
    "megapixels": float(os.environ.get("XIANBAN_FILE_MEGAPIXELS", "64")),
    "each": int(os.environ.get("XIANBAN_FILES_EACH", "9")),
}
FILES_BUCKET = os.environ.get("XIANBAN_FILES_BUCKET", "")
FILES_ON_DISK = {
    "BACKEND": "xianban.files.storing.DurableStorage",
    "OPTIONS": {"location": HOME / "files"},
}
FILES_IN_BUCKET = {  # who we are comes from AWS_ACCESS_KEY_ID and the like, or the machine's role
    "BACKEND": "storages.backends.s3.S3Storage",
    "OPTIONS": {
        "bucket_name": FILES_BUCKET,
        "endpoint_url": os.environ.get("XIANBAN_FILES_ENDPOINT") or None,
        "region_name": os.environ.get("XIANBAN_FILES_REGION") or None,
        "location": os.environ.get("XIANBAN_FILES_PREFIX", "xianban"),
        "default_acl": None,
        "querystring_auth": True,
    },
}
STORAGES = {
    "default": FILES_ON_DISK,
    "files": FILES_IN_BUCKET if FILES_BUCKET else FILES_ON_DISK,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# one upload too many would otherwise lose the words that came with it
DATA_UPLOAD_MAX_NUMBER_FILES = 40
FILE_UPLOAD_HANDLERS = ["xianban.web.uploads.Bounded"]

EMAIL_BACKEND = os.environ.get(
    "XIANBAN_EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend"
)
EMAIL_HOST = os.environ.get("XIANBAN_SMTP_HOST", "")
EMAIL_PORT = int(os.environ.get("XIANBAN_SMTP_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("XIANBAN_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("XIANBAN_SMTP_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("XIANBAN_SMTP_TLS") == "1"
DEFAULT_FROM_EMAIL = os.environ.get("XIANBAN_MAIL_FROM", "xianban@localhost")

PUBLIC_URL = os.environ.get("XIANBAN_URL", "").rstrip("/")  # for links in what is sent
NOTICE_WEBHOOK_URL = os.environ.get("XIANBAN_NOTICE_WEBHOOK", "")
NOTICE_WEBHOOK_SECRET = os.environ.get("XIANBAN_NOTICE_SECRET", "")

API_RATE_PER_MINUTE = int(os.environ.get("XIANBAN_API_RATE", "600"))  # an address; 0: no limit
TRUSTED_PROXIES = int(os.environ.get("XIANBAN_PROXIES", "0"))  # whose X-Forwarded-For counts
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("XIANBAN_LOG", "WARNING")},
}
