"""How a secret is rotated: what makes a new one, what reads it, what is asked meanwhile."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from prodproof.system.tables import Table
from prodproof.system.values import Duration, PlacePath, SecretRef, Text, Url, wrong

SIGNALS = ("HUP", "USR1", "USR2")
MAX_RATE = 1000.0
MAX_REQUESTS = 1_000_000


def _role(value: str) -> str:
    if len(value.encode()) > 63 or "\0" in value:
        raise wrong("expected the name of a role, of at most 63 bytes")
    return value


def _rate(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= MAX_RATE:
        raise wrong(f"expected requests a second, a number above 0 and not above {MAX_RATE:g}")
    return float(value)


Role = Annotated[Text, AfterValidator(_role)]
Command = list[Text]


class RotationTable(Table):
    """How a secret is rotated while the system runs, for `prodproof drill rotate`: a new one is made, kept, read by the
    application and used, then the old one is retired and must be refused; nobody who asks meanwhile may notice."""

    kind: Literal["postgres", "redis", "django-key", "tls", "aws-access-key", "vault-database", "command"] = Field(
        description="`postgres`, `redis`: two users that take turns. `django-key`: SECRET_KEY, with "
        "SECRET_KEY_FALLBACKS. `tls`: a key with its certificates in one PEM file. `aws-access-key`: the two keys that "
        "a user of AWS may have. `vault-database`: logins of PostgreSQL that Vault makes. `command`: anything else, by "
        "programs of your own."
    )
    load_url: Url | None = Field(
        default=None,
        description="What is asked again and again meanwhile and must answer with 2xx: below a declared entry point "
        "that allows test-traffic, or on this machine.",
    )
    load_command: Command = Field(
        default=[], description="The same as a program that makes one request; exit code 0 if it was answered."
    )
    load_rate: Annotated[float, BeforeValidator(_rate)] = Field(default=50.0, description="Requests a second.")
    load_requests: int = Field(default=1000, ge=1, le=MAX_REQUESTS, description="How many there must be at least.")
    admin: SecretRef | None = Field(
        default=None,
        description="Reference to the login that makes and retires users: `postgresql://…`, `redis://…` with password. "
        "PostgreSQL: a superuser, or CREATEROLE with pg_signal_backend and pg_read_all_stats. AWS: an access key, "
        "`KEY_ID:SECRET`. `vault-database`: who sees the sessions of PostgreSQL and may end them.",
    )
    users: list[Role] = Field(
        default=[], description='The two that take turns: `["shop_a", "shop_b"]`; of AWS, the one user.'
    )
    owner_role: Role | None = Field(
        default=None,
        description="PostgreSQL: the role that cannot log in, and owns what both of them make. Both are its members.",
    )
    user_ref: SecretRef | None = Field(
        default=None,
        description="Where the user's name is kept, if the secret is the password alone: in the same file or path. "
        "AWS: where the key's id is kept.",
    )
    roles: list[SecretRef] = Field(
        default=[],
        description="`vault-database`: the role whose leases are replaced, or the two static roles that take turns: "
        '`["vault-db:database/shop"]`.',
    )
    lease_ref: SecretRef | None = Field(
        default=None,
        description="`vault-database`, one role: where the lease's id is kept, in the same file or path as the login; "
        "not needed where the secret is JSON with `lease_id`.",
    )
    fallbacks_ref: SecretRef | None = Field(
        default=None,
        description="`django-key`: where SECRET_KEY_FALLBACKS is kept, in the same file or path as the key; "
        "separated by commas, or a JSON list.",
    )
    signing_url: Url | None = Field(
        default=None,
        description='`django-key`: answers GET with `signing.dumps("x", salt="prodproof.rotation")`, and POST of '
        '`signed` with 200 where `signing.loads(signed, salt="prodproof.rotation")` accepts it, else 403; as for '
        "load_url.",
    )
    served_url: Url | None = Field(
        default=None, description="`tls`: where the certificate is served, `https://…`; as for load_url."
    )
    writer: SecretRef | None = Field(
        default=None,
        description="Reference to the login with which the secret's store is written, and Vault's roles are asked, if "
        "it is another.",
    )
    pick_up: Command = Field(
        default=[],
        description='What makes the application read its secrets anew: `["systemctl", "reload", "shop"]`. With no way '
        "to pick it up, it is waited for.",
    )
    pick_up_url: Url | None = Field(
        default=None, description="The same as an address that something is posted to; as for load_url."
    )
    pick_up_pid_file: PlacePath | None = Field(
        default=None, description="The same as a signal: the file with the process's number."
    )
    pick_up_signal: Literal["HUP", "USR1", "USR2"] = Field(default="HUP", description="That signal.")
    pick_up_within: Duration | None = Field(default=None, description="How long that may take; 60s if left out.")
    quiet: Duration | None = Field(
        default=None,
        description="For how long nobody may have logged in with the old one before it is retired; 3s if left out.",
    )
    within: Duration | None = Field(default=None, description="Objective: how long the whole may take: `10m`.")
    create: Command = Field(
        default=[],
        description="`command`, `tls`: makes a new one and writes it to standard output. It may be run twice "
        "with one value of the variable PRODPROOF_STEP, and then makes one.",
    )
    retire: Command = Field(default=[], description="`command`, `tls`: ends the one on its standard input.")
    restore: Command = Field(
        default=[],
        description="`command`, `tls`: makes the retired one on its standard input good again; without it, "
        "retiring cannot be undone.",
    )
    attempt: Command = Field(
        default=[],
        description="`command`, `tls`: tries the one on its standard input; exit code 0 accepted, 1 refused, else "
        "not known.",
    )
    used: Command = Field(
        default=[],
        description="`command`: writes how often the one on its standard input was used so far, as a number.",
    )
