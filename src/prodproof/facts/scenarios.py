"""Ways of losing a data store: what is declared of them, and what a drill saw of the way back."""

from dataclasses import dataclass

from prodproof.facts.declared.responsibilities import ScenarioKind
from prodproof.facts.runbooks import RunbookProblem


@dataclass(frozen=True, kw_only=True)
class DeclaredScenario:
    """What is declared of one way of losing a data store."""

    name: str
    kind: ScenarioKind | None = None
    rto: int | None = None
    rpo: int | None = None
    runbook: str | None = None


@dataclass(frozen=True, kw_only=True)
class ScenariosDeclared:
    """The ways of losing one data store that somebody has thought of."""

    kind: str
    """Of the data store: `postgres`, `files` …"""

    scenarios: tuple[DeclaredScenario, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ScenarioPractised:
    """One way of losing a data store, and the way back that was gone. None: the drill did not come to it."""

    store: str
    scenario: str
    kind: ScenarioKind
    runbook: str
    """As it is declared: a path, with `#` and the heading where it is one section."""

    steps: int = 0
    """Steps of the runbook that a drill can carry out."""

    persons: int = 0
    """Steps that a person is asked to do."""

    followed: int = 0
    """Of both, those that were done and proved."""

    stopped: str = ""
    """The step of the runbook that failed; empty if none did."""

    problems: tuple[RunbookProblem, ...] = ()
    """What the runbook names and was not there, on the machine that followed it."""

    authors: tuple[str, ...] | None = None
    """Persons of the roster who wrote the steps as they stand; None where no history says it."""

    strangers: int = 0
    """Others who wrote at them: nobody of the roster, or not committed yet."""

    followed_by: tuple[str, ...] = ()
    """Persons of the roster who carried the drill out, and answered for its steps."""

    unknown_followers: int = 0
    """Others who did."""

    took: float | None = None
    """Seconds of the way back, without the proof that the data are right; None where an interruption fell into it."""

    unanswered: float | None = None
    """Of a restart: seconds for which the service did not answer."""

    loss: float | None = None
    """Seconds of the latest data that would have been lost."""

    no_network: bool | None = None
    """Whether the restoring programs and the runbook's steps had no network at all; None of a restart."""

    application: bool | None = None
    """Whether the application was well on the copy; None: it was not started."""

    failure: str = ""
    """Why the way back failed; empty if it was gone to its end."""
