"""Copies of the database and of the uploads; each form of the range has its own kind."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from prodproof.facts.declared import Backup, DataStore
from prodproof.range.component import Component

if TYPE_CHECKING:
    from prodproof.range.range import Range


class Backups(Component):
    """What faults do with either kind."""

    name: ClassVar[str] = "backups"
    after: ClassVar[tuple[str, ...]] = ("application", "postgres", "object_store", "vault")
    seen_by: ClassVar[frozenset[type]] = frozenset({Backup, DataStore})

    @staticmethod
    def of(range: "Range") -> "Backups":
        """Those of a range."""
        return range.part(Backups)  # type: ignore[type-abstract]  # each form has its own kind

    @abstractmethod
    def archive(self, more: Mapping[str, bytes]) -> None:
        """Make a new copy of the uploads, with some other files in it too."""

    @abstractmethod
    def vanish(self) -> None:
        """Take every copy away."""

    def reload(self) -> None:
        """Nothing runs here."""
