"""What people sign about a drill: the order of the author, the approval of a second person."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class Purpose(StrEnum):
    """What a signature is for; also the namespace of the signature, so that none stands for another."""

    ORDER = "prodproof-drill-order"
    APPROVAL = "prodproof-drill-approval"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One plan, and what a person says of it."""

    purpose: Purpose
    system: str
    environment: str
    drill: str
    target: str
    plan: str
    """Digest of the plan."""

    author: str
    """Id of the person who orders the drill."""

    person: str
    """Id of the person who signs."""

    until: datetime
    """From then on the signature is worth nothing."""

    run: str = ""
    """Id of the run; an approval is given before there is one."""

    @property
    def text(self) -> str:
        """What is signed: one line for each thing, in a form that a person can read."""
        lines = {
            "": f"{self.purpose} 1",
            "system": self.system,
            "environment": self.environment,
            "drill": self.drill,
            "target": self.target,
            "plan": self.plan,
            "author": self.author,
            "signed by": self.person,
            "until": self.until.astimezone(UTC).isoformat(),
            "run": self.run,
        }
        # A line break in a name must not be able to write a line of its own.
        return "".join(f"{key}{': ' if key else ''}{value!r}\n" for key, value in lines.items())


@dataclass(frozen=True)
class Signed:
    """A statement with its signature."""

    statement: Statement
    signature: str
    """Of `ssh-keygen -Y sign`, armored."""
