"""Where the application keeps data that is not in the repository, as its settings and its infrastructure show."""

from dataclasses import dataclass

from prodproof.facts.location import Location


@dataclass(frozen=True, kw_only=True)
class StoreInUse:
    """One place that something writes data to."""

    kind: str
    """`postgres`, `mysql`, `sqlite`, `redis`, `bucket`, `files`, `search`, `queue` …; `database` where more is not
    told."""

    name: str
    """`MEDIA_ROOT`, the database's alias, a volume's or resource's name."""

    place: str = ""
    """Of files: the folder, as the application has it."""

    seen_in: str = ""
    """`the application's settings`, or the file."""

    location: Location | None = None


@dataclass(frozen=True, kw_only=True)
class StoresInUse:
    """All that was found of one system, in one environment."""

    found: tuple[StoreInUse, ...] = ()
    asked: bool = False
    """Whether the running application said which databases and files it uses; else only source and infrastructure."""
