"""The command, run in this process, on a healthy repository with a small system file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from prodproof.cli.main import app
from prodproof.range.components.repo import Repo
from tests.servers.repo import harbour_repo

SYSTEM_FILE = """\
version = 1
name = "harbour"

[[person]]
id = "ana"

[[owner]]
of = "*"
person = "ana"

[gate]
scope = "listed"
include = ["monitoring.alerts-actionable"]
owner = "ana"
"""


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Ran]


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's own configuration, keys, state or ranges."""
    for name in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("PRODPROOF_RANGES", str(tmp_path / "ranges"))
    monkeypatch.delenv("PRODPROOF_DATABASE_URL", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def prodproof() -> Command:
    """Run `prodproof` with arguments."""

    def command(*arguments: object) -> Ran:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="prodproof")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return command


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """The healthy repository with a system file of its own."""
    made = harbour_repo(tmp_path)
    made.write("prodproof.toml", SYSTEM_FILE)
    return made
