"""The journal, read by the real journalctl from a journal that the real systemd wrote."""

import os
import secrets
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from prodproof.facts import Reason
from prodproof.trace.sources import journal
from prodproof.trace.sources.journal import JournalSource
from prodproof.trace.stream import Stopped
from tests.trace.sources.reading import read

WRITER = Path("/lib/systemd/systemd-journal-remote")


def entry(number: int, unit: str, *fields: bytes) -> bytes:
    """An entry in the export format (systemd.io/JOURNAL_EXPORT_FORMATS)."""
    stamp = 1_700_000_000_000_000 + number
    head = f"__REALTIME_TIMESTAMP={stamp}\n__MONOTONIC_TIMESTAMP={stamp}\n_BOOT_ID={'a' * 32}\n_SYSTEMD_UNIT={unit}\n"
    return head.encode() + b"".join(fields) + b"\n"


def binary(name: bytes, value: bytes) -> bytes:
    """A field that is no line of text."""
    return name + b"\n" + len(value).to_bytes(8, "little") + value + b"\n"


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, bytes]:
    """A journal file and the secret in three of its entries."""
    if not WRITER.exists() or shutil.which("journalctl") is None:
        pytest.skip("systemd-journal-remote is not installed (Debian: systemd-journal-remote)")
    value = secrets.token_urlsafe(24).encode()
    entries = [
        entry(1, "web.service", b"MESSAGE=GET /?key=" + value + b"-line\n"),
        entry(2, "web.service", binary(b"MESSAGE", b"two\nlines \xff " + value + b"-binary")),
        entry(3, "mail.service", b"MESSAGE=sent\n", b"PASSWORD=" + value + b"-field\n"),
        entry(4, "mail.service", binary(b"COREDUMP", os.urandom(200_000) + value + b"-long")),
    ]
    path = tmp_path / "test.journal"
    subprocess.run(
        [WRITER, f"--output={path}", "-"], input=b"".join(entries), check=True, timeout=60, capture_output=True
    )
    return path, value


def test_every_field_of_every_entry_is_read(written: tuple[Path, bytes]) -> None:
    path, value = written
    found = read(JournalSource("journal:", options=(f"--file={path}",)), size=64 * 1024)
    for ending in (b"-line", b"-binary", b"-field", b"-long"):
        assert found.where(value + ending) == {"journal"}
    assert not found.gaps


def test_one_unit_can_be_named(written: tuple[Path, bytes]) -> None:
    path, value = written
    found = read(JournalSource("journal:web.service", "web.service", options=(f"--file={path}",)))
    assert found.where(value + b"-line")
    assert not found.where(value + b"-field")


def test_a_unit_without_entries_is_a_gap(written: tuple[Path, bytes]) -> None:
    path, _ = written
    source = JournalSource("journal:none.service", "none.service", options=(f"--file={path}",))
    assert read(source).reasons("") == {Reason.INCOMPLETE}
    control = source.control()
    assert control is not None
    assert control.why is Reason.INCOMPLETE


def test_the_positive_control_is_an_entry(written: tuple[Path, bytes]) -> None:
    assert JournalSource("journal:", options=(f"--file={written[0]}",)).control() is None


def test_a_damaged_journal_is_a_gap(written: tuple[Path, bytes]) -> None:
    path, _ = written
    path.write_bytes(path.read_bytes()[:300])
    assert read(JournalSource("journal:", options=(f"--file={path}",))).gaps


def test_without_journalctl_the_tool_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "find_program", lambda name: None)
    source = JournalSource("journal:")
    assert read(source).reasons("") == {Reason.TOOL_MISSING}
    control = source.control()
    assert control is not None
    assert control.why is Reason.TOOL_MISSING


def fake(folder: Path, script: str) -> str:
    """A program in journalctl's place."""
    path = folder / "journalctl"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo MESSAGE=a; echo 'Hint: You are currently not seeing messages from other users' >&2", Reason.DENIED),
        ("echo 'No journal files were found.' >&2", Reason.NOT_CONFIGURED),
        ("echo MESSAGE=a; exit 3", Reason.INCOMPLETE),
        ("echo MESSAGE=a; echo 'Journal file x is truncated, ignoring file.' >&2", Reason.INCOMPLETE),
        ("true", Reason.INCOMPLETE),
        ("echo MESSAGE=a; exec 1>&- ; sleep 60", Reason.TIMED_OUT),
        ("echo MESSAGE=a; sleep 60", Reason.TIMED_OUT),
    ],
)
def test_what_journalctl_says_was_not_read_is_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, reason: Reason
) -> None:
    monkeypatch.setattr(journal, "SILENCE", 0.5)
    found = read(JournalSource("journal:", program=fake(tmp_path, script)))
    assert found.reasons("") == {reason}


def test_many_messages_beside_much_output_do_not_block_it(tmp_path: Path) -> None:
    script = "i=0; while [ $i -lt 300 ]; do printf %01000d 0; printf %01000d 0 >&2; i=$((i+1)); done"
    found = read(JournalSource("journal:", program=fake(tmp_path, script)))
    assert len(found.items["journal"]) == 300_000


def test_a_stopped_search_ends_the_program(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    program = fake(tmp_path, f"echo $$ > {tmp_path}/pid; echo MESSAGE=a; exec sleep 600")
    with pytest.raises(Stopped):
        read(JournalSource("journal:", program=program), stop=stop)
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()
