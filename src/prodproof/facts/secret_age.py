"""How old secrets are, how long they hold, and what replaces them."""

from dataclasses import dataclass
from datetime import datetime

from prodproof.facts.secrets import Rotation
from prodproof.facts.unseen import Unseen


@dataclass(frozen=True, kw_only=True)
class SecretAge:
    """The current version of one declared secret."""

    reference: str
    store: str
    """As in `SecretDescription`."""

    found: bool
    detail: str = ""
    """Why it counts as not found."""

    created: datetime | None = None
    """When the current version was made, from who keeps or signed it; None where neither says. The time of a file's
    last change is no such date: a copy changes it, and so does whoever wants to."""

    expires: datetime | None = None
    """When it ends by itself: as its manager says, or as a certificate or token says of itself."""

    form: str = ""
    """`certificate` or `token`, where the value itself has dates; else empty."""

    rotation: Rotation | None = None
    """None: this kind of store does not rotate."""

    rotatable: bool = False
    """Whether its manager could replace it by itself: it has done so, is set up to, or knows how to for its kind."""

    pending: datetime | None = None
    """Since when a new version has been waiting to become the current one."""

    unread: Unseen | None = None
    """Why the value could not be asked for dates of its own."""
