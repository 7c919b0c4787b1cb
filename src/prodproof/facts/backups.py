"""What a search of copies of data for secrets covered and found."""

from dataclasses import dataclass

from prodproof.facts.traced import SecretSeen, Traced


@dataclass(frozen=True, kw_only=True)
class BackupSearch:
    """The files of one declared backup, searched through."""

    kind: str
    """`archive`, `dump`, `folder`."""

    files: tuple[str, ...]
    encrypted: tuple[str, ...] = ()
    """Files that nobody can look into without a key, by name and scheme: `shop.dump.age (age)`."""

    traced: Traced
    """Of what is no data of a database, and of exact values wherever they are."""

    in_data: tuple[SecretSeen, ...] = ()
    """What only looks like a secret, within rows of a database: users' data as a rule."""
