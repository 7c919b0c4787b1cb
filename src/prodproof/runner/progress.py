"""Progress as data: who shows it is the caller's business."""

from dataclasses import dataclass
from typing import Protocol

from prodproof.plan import Step


@dataclass(frozen=True)
class Progressed:
    """One step began, ended or was answered from the ledger."""

    step: Step
    state: str
    """`started`, `finished` or `reused`."""

    done: int
    total: int


class Listener(Protocol):
    """Somebody who follows a run."""

    def __call__(self, event: Progressed) -> None: ...


def nobody(event: Progressed) -> None:
    """Shows nothing."""
