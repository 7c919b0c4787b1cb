"""What source code was seen to do: unsafe constructions and debug switches."""

from dataclasses import dataclass
from enum import StrEnum

from prodproof.facts.location import Location


class Taint(StrEnum):
    """What reaches an unsafe construction, as far as it was followed within its function."""

    REQUEST = "request"
    """Something that the caller of a view sends."""

    UNKNOWN = "unknown"
    """A value that is not constant, of unknown origin: a parameter, a field, the result of a call."""

    FIXED = "fixed"
    """Constants only, or values that were quoted or converted to numbers."""


class Hole(StrEnum):
    """A construction that lets data become code."""

    SQL = "sql"
    SHELL = "shell"
    EVAL = "eval"
    DESERIALISE = "deserialise"
    TEMPLATE = "template"
    """A template compiled from data."""

    HTML = "html"
    """Output that is declared safe or not escaped."""


@dataclass(frozen=True, kw_only=True)
class CodeFinding:
    """One unsafe construction at one place."""

    hole: Hole
    call: str
    """What was called or written: `cursor.execute`, `subprocess.run(shell=True)`, `{{ name|safe }}`."""

    function: str
    """Dotted name of the function or class around it, or of the template."""

    taint: Taint
    detail: str = ""
    """What flows in, in words; never a value."""

    suppressed: bool = False
    """Whether a `# nosec` or `# noqa: S...` stands on the line: shown, and no proof that it is harmless."""

    tool: str = "prodproof"
    """`prodproof`, or `bandit` with the test's id: `bandit B602`."""

    location: Location


@dataclass(frozen=True, kw_only=True)
class CodeFindings:
    """What was found in one repository's own code; tests, migrations' constants and vendored code are left out."""

    findings: tuple[CodeFinding, ...]
    files: int
    """Python files and templates that were read."""


@dataclass(frozen=True, kw_only=True)
class DebugSwitch:
    """A place where source turns a web framework's debug mode on."""

    framework: str
    """`Flask`, `FastAPI`, `Express` ..."""

    switch: str
    """`app.run(debug=True)`, `FLASK_DEBUG=1`."""

    reached: bool
    """False where it only runs when somebody starts the file by hand, and no deployment file does."""

    location: Location


@dataclass(frozen=True, kw_only=True)
class DebugSwitches:
    """Debug switches of frameworks other than Django in a repository that uses them."""

    frameworks: tuple[str, ...]
    switches: tuple[DebugSwitch, ...] = ()
