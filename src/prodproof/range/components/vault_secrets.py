"""What lies in the range's Vault, and where; the servers and the system file name the same places."""

from dataclasses import dataclass

MOUNT = "secret"
FOLDER = "harbour"
"""Paths are `secret/harbour/ENVIRONMENT/NAME`."""

PRODUCTION, STAGING = "production", "staging"

RECOVERY = "recovery"
"""The folder of what a restore needs; no service of production may read it."""

DATABASE_KEY, UPLOADS_KEY = f"{RECOVERY}/database#passphrase", f"{RECOVERY}/uploads#passphrase"
"""With what copies are encrypted."""

STORE_KEY, SOURCE = f"{RECOVERY}/store#key", f"{RECOVERY}/source#dsn"
"""With what they are read, and compared with what they are copies of."""

PRODUCTION_KEY = f"{PRODUCTION}/backups#key"
"""With what production writes them."""


@dataclass(frozen=True)
class Kept:
    """A secret that lies in the manager."""

    name: str
    """Of its path; declared secrets are called so, with `staging-` before them for staging's."""

    key: str
    variable: str | None
    """How its service gets it; None: the service reads it when it needs it."""

    age: int
    """Days since it was put there."""


SECRET_KEY = Kept("secret-key", "value", "HARBOUR_SECRET_KEY", 40)
DATABASE = Kept("database", "password", "HARBOUR_DATABASE_PASSWORD", 20)
USER, USER_VARIABLE = "user", "HARBOUR_DATABASE_USER"
"""The user's name lies beside the password."""

CACHE = Kept("cache", "url", "HARBOUR_REDIS_URL", 20)
WEBHOOK_KEY = Kept("payments-webhook-key", "value", "HARBOUR_PAYMENTS_WEBHOOK_KEY", 40)
INTERNAL_TOKEN = Kept("internal-token", "value", "HARBOUR_INTERNAL_TOKEN", 10)
CANARY = Kept("canary", "value", None, 100)
"""Opens nothing; prodproof reads it to see whether that leaves a trace."""

REPORTS_LOGIN = Kept("reports-login", "value", None, 30)
"""With which the nightly report reads its own secrets; the machine that it runs on has it from here."""

KEPT = (
    SECRET_KEY,
    Kept("field-keys", "value", "HARBOUR_FIELD_KEYS", 90),
    WEBHOOK_KEY,
    INTERNAL_TOKEN,
    DATABASE,
    CACHE,
    Kept("payments", "key", None, 30),
    CANARY,
    REPORTS_LOGIN,
)
