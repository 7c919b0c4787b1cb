"""What a credential can do at its service, and until when."""

from dataclasses import dataclass
from datetime import datetime

from prodproof.facts.unseen import Unseen


@dataclass(frozen=True, kw_only=True)
class Holding:
    """What it may do with one thing."""

    kind: str
    """`table`, `schema`, `database`, `function`, `role`, `future tables of`; `path` of Vault; `resource` of AWS."""

    name: str
    """A table without its schema, where that is `public`; a path; an ARN."""

    actions: tuple[str, ...]
    conditional: bool = False
    """A condition that is not evaluated decides."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One act outside its purpose."""

    act: str
    """What was tried, in words; it would have changed nothing."""

    refused: bool


@dataclass(frozen=True, kw_only=True)
class SecretScope:
    """One declared secret, after a login with it."""

    service: str
    """`postgres`, `vault`, `aws`."""

    identity: str
    """As whom the service knows it."""

    holdings: tuple[Holding, ...]
    """Everything that it may do, as far as it is not declared."""

    within: int = 0
    """How many things it may do something with that is declared."""

    more: int = 0
    """Holdings beyond the bound."""

    powers: tuple[str, ...] = ()
    """About everything at once: `SUPERUSER`, `CREATEROLE`, `root` ..."""

    expires: datetime | None = None
    """When it ends by itself, as the service says; None: never."""

    trial: Trial | Unseen
    gaps: tuple[Unseen, ...] = ()
    """What of its rights could not be read."""
