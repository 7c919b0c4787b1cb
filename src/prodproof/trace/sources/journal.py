"""The systemd journal, as `journalctl` exports it: every field of every entry that this user may read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prodproof.facts import Reason, Unseen
from prodproof.reach.process import Child, run, started
from prodproof.reach.programs import find_program
from prodproof.trace.finding import Finding
from prodproof.trace.stream import Item, Sink

SILENCE = 60.0
"""Seconds without a byte after which the program is given up."""

_COMMAND = ("--output=export", "--all", "--no-pager")


class JournalSource:
    """The journal of this machine.

    Args:
        place: as it was asked for: `journal:` or `journal:UNIT`.
        unit: only entries of and about this unit; all if None.
        options: of journalctl, beside ours: where the journal lies, if it is not this machine's.
        program: journalctl; the installed one if None.
    """

    def __init__(
        self, place: str, unit: str | None = None, options: Sequence[str] = (), program: str | None = None
    ) -> None:
        self.place = place
        self._options = (*options, *((f"--unit={unit}",) if unit else ()))
        self._program = program or find_program("journalctl")

    def control(self) -> Unseen | None:
        """The positive control: one entry is exported in the same way. None when there was one."""
        if self._program is None:
            return _MISSING
        ended = run([self._program, *_COMMAND, "--lines=1", *self._options], timeout=SILENCE, env=_LANGUAGE)
        if isinstance(ended, Unseen):
            return ended
        if not ended.stdout.startswith(b"__CURSOR="):
            return Unseen(Reason.INCOMPLETE, "journalctl shows no entry at all")
        return None

    def parts(self, count: int) -> Iterator["JournalPart"]:
        """One: the journal is read in its order."""
        yield JournalPart(self._program, self._options)

    def size(self) -> int | None:
        """Nobody knows: the files on disk are compressed."""
        return None

    def locate(self, item: Item, findings: Sequence[Finding]) -> Sequence[Finding]:
        """As they are."""
        return findings


_MISSING = Unseen(Reason.TOOL_MISSING, "journalctl is not installed")
_LANGUAGE = {"LC_ALL": "C"}


@dataclass(frozen=True)
class JournalPart:
    """The whole journal."""

    program: str | None
    options: Sequence[str]

    def read(self, sink: Sink) -> None:
        """Feed what journalctl writes; what it could not open, or may not, is a gap."""
        if self.program is None:
            sink.gap("", _MISSING.why, _MISSING.detail)
            return
        with started([self.program, *_COMMAND, *self.options], env=_LANGUAGE) as child:
            missing = child if isinstance(child, Unseen) else _read(child, sink)
        if missing is not None:
            sink.gap("", missing.why, missing.detail)


def _read(child: Child, sink: Sink) -> Unseen | None:
    silent = False

    def readinto(view: memoryview) -> int:
        nonlocal silent
        try:
            child.wait(SILENCE)
        except TimeoutError:
            silent = True
            return 0
        return child.read_into(view)

    length = sink.stream(Item("journal"), readinto)
    if silent or not child.ends(SILENCE):
        return Unseen(Reason.TIMED_OUT, f"journalctl wrote nothing for {SILENCE:g} s")
    return _missing(child, length)


def _missing(child: Child, length: int) -> Unseen | None:
    """What was not read, as far as journalctl says."""
    code, messages = child.code(), child.messages()
    if "not seeing messages from other users" in messages or "insufficient permissions" in messages:
        return Unseen(Reason.DENIED, "entries of the system and of other users may not be read (group adm)")
    if "No journal files were found" in messages:
        return Unseen(Reason.NOT_CONFIGURED, "there is no journal on this machine")
    # Its own words are not repeated: they may quote the journal.
    if code:
        return Unseen(Reason.INCOMPLETE, f"journalctl ended with code {code}")
    if messages.strip():
        return Unseen(Reason.INCOMPLETE, "journalctl could not read all of the journal's files")
    return None if length else Unseen(Reason.INCOMPLETE, "the journal has no entries")
