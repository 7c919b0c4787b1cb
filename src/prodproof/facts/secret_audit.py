"""Whether reading a secret leaves a trace, and who could change that."""

from dataclasses import dataclass

from prodproof.facts.secrets import AuditDevice
from prodproof.facts.unseen import Unseen


@dataclass(frozen=True, kw_only=True)
class TrailFile:
    """The file that a trail is written to."""

    mode: int
    owner: str
    append_only: bool | None = None
    """Whether the kernel lets it grow only (the attribute `a` of Linux); None where the file system does not say."""

    writers: tuple[str, ...] = ()
    """Who else may change or replace it, by its mode and that of its folder: `others`, `the group adm`."""


@dataclass(frozen=True, kw_only=True)
class CanaryRead:
    """A canary was read, and looked for in the trail of a declared manager."""

    kind: str
    trail: str
    """As declared."""

    devices: tuple[AuditDevice, ...] | Unseen
    """Where the manager says that it writes to."""

    recorded: bool | Unseen | None
    """Whether the trail has that very request; None where it was not read, since the manager keeps no trail."""

    waited: int = 0
    """Seconds for which it was looked for."""

    file: TrailFile | Unseen | None = None
    """None for a trail that is no file."""
