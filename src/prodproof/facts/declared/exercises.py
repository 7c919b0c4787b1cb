"""How things are exercised: two versions of an application, the alarm about a backup, people that stay erased."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """How two versions of an application are run on a scratch database, away from everything.

    In commands and variables, words in braces are filled in: see `reach.django.version`.
    """

    manage: tuple[str, ...]
    """What runs `manage.py` in a checkout."""

    database: str = "sqlite"
    """`sqlite` or `postgresql`: what is made for it."""

    copy_of: str | None = None
    """The data to begin with: an SQLite file, or a dump of PostgreSQL (plain or custom); else the rows that `write`
    and the drill itself make."""

    settings: str | None = None
    """Dotted name of the settings module."""

    variables: tuple[tuple[str, str], ...] = ()
    """All that its processes see of an environment, beside PATH and language; made-up values only."""

    prepare: tuple[str, ...] = ()
    """What is run first in each checkout, with the network: what installs its dependencies."""

    serve: tuple[str, ...] = ()
    """What serves it at `127.0.0.1:{port}`; `runserver` if empty."""

    health: str = "/healthz"
    """The path that answers with 200 when it is well."""

    host: str = "localhost"
    """The Host header that it is asked with."""

    version_path: str | None = None
    """A page that names the version: its commit, or the name that it was asked for by."""

    write: tuple[str, ...] = ()
    """Words after `manage` that write rows as the application itself does."""

    enqueue: tuple[str, ...] = ()
    """Words after `manage` that put one job into the queue."""

    run_job: tuple[str, ...] = ()
    """Words after `manage` that carry out what is queued, and end."""

    current: str = "HEAD"
    """The version that is rolled back from: a tag, branch or commit."""

    previous: str = "tag"
    """The version before it: `tag` (the newest one before `current`), `commit` (its first parent), or a name."""

    reverse: bool = False
    """Whether a rollback undoes migrations first; if not, the previous version must run on the newer schema."""

    objective: int | None = None
    """Seconds until the previous version serves."""

    network: bool = False
    """Whether its processes may have the network of this machine, where they cannot be cut off from it."""


@dataclass(frozen=True, kw_only=True)
class BackupAlarm:
    """How a failing backup makes itself felt."""

    metric: str
    """The time of the last success, in seconds since 1970, as Prometheus knows it."""

    textfiles: str
    """The directory from which metrics are read as text (of node_exporter's textfile collector, or the like)."""

    alert: str | None = None
    """Name of the rule; the one that reads the metric if None."""

    within: int = 3600
    """Seconds in which the alert must have fired."""
