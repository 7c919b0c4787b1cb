"""The tables about the application: how it is asked for its settings, and how a rollback of it is exercised."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from prodproof.system.tables import ENVIRONMENT, Table
from prodproof.system.values import Duration, HostName, PlacePath, RelativePath, Text, wrong


def _url_path(value: str) -> str:
    if not value.startswith("/") or any(character <= " " for character in value):
        raise wrong("expected a path of the application, for example /healthz")
    return value


def _revision(value: str) -> str:
    # A name that begins with a hyphen would be an option of git.
    if value.startswith("-") or any(character <= " " or character in ":^~?*[\\" for character in value):
        raise wrong("expected a tag, a branch or a commit")
    return value


UrlPath = Annotated[str, AfterValidator(_url_path), Field(max_length=1000)]
Revision = Annotated[str, AfterValidator(_revision), Field(min_length=1, max_length=250)]


class RollbackTable(Table):
    """How the drill `rollback` runs two versions of the application on a scratch database; needs trust and `allow`.

    Commands run in a checkout of each version, with no more of an environment than `variables`, and without a network.
    In commands and variables are filled in: `{root}` (this file's directory), `{checkout}`, `{scratch}` (a folder of
    the drill's own), `{port}`, `{commit}`, `{version}` (as it was asked for), `{random:NAME}` (43 letters, the same
    throughout a drill), `{fernet:NAME}`, and of the scratch database `{database}` (its URL), `{db_file}`,
    `{db_host}`, `{db_port}`, `{db_name}`, `{db_user}`.
    """

    manage: list[Text] = Field(
        min_length=1, description='What runs manage.py in a checkout: `["{root}/.venv/bin/python", "manage.py"]`.'
    )
    database: Literal["sqlite", "postgresql"] = Field(default="sqlite", description="What is made for it.")
    copy_of: PlacePath | None = Field(
        default=None,
        description="The data to begin with: an SQLite file, or a dump of PostgreSQL. Else rows that are made up.",
    )
    settings: Text | None = Field(default=None, description="Dotted name of the settings module.")
    variables: dict[Text, Text] = Field(
        default={}, description="Environment variables. Never values of production: `{random:NAME}` makes some up."
    )
    prepare: list[Text] = Field(
        default=[], description='Run first in each checkout, with the network: `["uv", "sync", "--frozen"]`.'
    )
    serve: list[Text] = Field(
        default=[], description="Serves it at `127.0.0.1:{port}`; manage.py runserver if left out."
    )
    health: UrlPath = Field(default="/healthz", description="The path that answers with 200 when it is well.")
    host: HostName = Field(default="localhost", description="The Host header that it is asked with.")
    version_path: UrlPath | None = Field(
        default=None, description="A page that names the version: its commit, or the name that it was asked for by."
    )
    write: list[Text] = Field(default=[], description='Words after `manage` that write rows: `["seed"]`.')
    enqueue: list[Text] = Field(default=[], description="Words after `manage` that put one job into the queue.")
    run_job: list[Text] = Field(
        default=[],
        description='Words after `manage` that carry out what is queued: `["run_worker", "--once"]`.',
    )
    current: Revision = Field(default="HEAD", description="The version that is rolled back from.")
    previous: Revision = Field(
        default="tag", description="`tag`: the newest one before `current`; `commit`: its first parent; or a name."
    )
    reverse: bool = Field(
        default=False,
        description="Whether a rollback undoes migrations first. If not, the previous version runs on newer tables.",
    )
    objective: Duration | None = Field(default=None, description="Within which the previous version must serve again.")
    network: bool = Field(
        default=False, description="Run it although its processes cannot be cut off from this machine's network."
    )


class DjangoTable(Table):
    """How to ask a Django application for its effective settings. It runs only with trust."""

    environment: Text | None = Field(default=None, description=ENVIRONMENT)
    manage: list[Text] = Field(
        description='What runs manage.py there: `["docker", "compose", "exec", "-T", "web", "python", "manage.py"]`.',
        min_length=1,
    )
    repository: RelativePath = Field(
        default=".", description="The repository that it belongs to, as in [[repository]]."
    )
    directory: RelativePath = Field(default=".", description="Where the command is run, relative to this file.")
    settings: Text | None = Field(
        default=None, description="Dotted name of the settings module, if the command does not say it."
    )
    urlconf: Text | None = Field(
        default=None, description="Dotted name of the URL configuration, if not the settings' own."
    )
    rollback: RollbackTable | None = Field(default=None, description="How a rollback is exercised.")
    allow: list[Literal["drills"]] = Field(default=[], description="drills: it may be exercised. Needs trust as well.")
