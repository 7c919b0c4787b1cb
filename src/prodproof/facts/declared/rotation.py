"""How a secret is rotated while the system runs."""

from dataclasses import dataclass
from enum import StrEnum


class RotationKind(StrEnum):
    """What kind of credential it is: how a new one is made, tried and retired."""

    POSTGRES = "postgres"
    """Two users of PostgreSQL that take turns."""

    REDIS = "redis"
    """Two users of Redis that take turns."""

    DJANGO_KEY = "django-key"
    """Django's SECRET_KEY, with SECRET_KEY_FALLBACKS."""

    TLS = "tls"
    """The key of a TLS server, with its certificates."""

    AWS_ACCESS_KEY = "aws-access-key"
    """The access keys of a user of AWS, who may have two."""

    VAULT_DATABASE = "vault-database"
    """Logins of PostgreSQL that Vault makes: leases of a role, or two static roles that take turns."""

    COMMAND = "command"
    """By the team's own commands."""


@dataclass(frozen=True, kw_only=True)
class SecretRotation:
    """How a secret is rotated, and how it is seen that nobody notices."""

    kind: RotationKind
    load_url: str | None = None
    """What is asked again and again meanwhile; of a declared entry point, or on this machine."""

    load_command: tuple[str, ...] = ()
    """The same as a program that makes one request; exit code 0 where it was answered."""

    load_rate: float = 50.0
    """Requests a second."""

    load_requests: int = 1000
    """How many there must be at least."""

    admin: str | None = None
    """Reference of the login with which users are made and retired."""

    users: tuple[str, ...] = ()
    """The two that take turns; of AWS, the one whose keys are rotated."""

    owner_role: str | None = None
    """PostgreSQL: the role that cannot log in and owns what both of them make."""

    user_ref: str | None = None
    """Reference of the user's name, where it is kept beside the password."""

    roles: tuple[str, ...] = ()
    """Vault: the role whose leases are replaced, or the two static roles that take turns: `vault-db:MOUNT/ROLE`."""

    lease_ref: str | None = None
    """Vault: reference of the lease's id, where it is kept beside the login."""

    fallbacks_ref: str | None = None
    """Django: reference of the fallbacks, in the same place as the key."""

    signing_url: str | None = None
    """Django: what signs with the key, and says whether a signature is accepted."""

    served_url: str | None = None
    """TLS: where the certificate is served."""

    writer: str | None = None
    """Reference of the login with which the secret's store is written; the one it is read with if None."""

    pick_up: tuple[str, ...] = ()
    """A program that makes the application read its secrets anew."""

    pick_up_url: str | None = None
    """An address that does so when something is posted to it."""

    pick_up_pid_file: str | None = None
    """A file with the number of a process that does so on a signal."""

    pick_up_signal: str = "HUP"
    pick_up_within: float = 60.0
    """Seconds until the application must use it."""

    quiet: float = 3.0
    """Seconds for which nobody may have logged in with the old one before it is retired."""

    within: float | None = None
    """Objective for the whole, seconds."""

    create: tuple[str, ...] = ()
    """A program that makes a new credential and writes it to standard output. Run twice with one mark (the variable
    PRODPROOF_STEP), it makes one."""

    retire: tuple[str, ...] = ()
    """A program that ends the credential on its standard input."""

    restore: tuple[str, ...] = ()
    """A program that makes the retired credential on its standard input good again; without it, no way back."""

    attempt: tuple[str, ...] = ()
    """A program that tries the credential on its standard input: exit code 0 accepted, 1 refused, else nobody knows."""

    used: tuple[str, ...] = ()
    """A program that writes how often the credential on its standard input was used so far: a number."""
