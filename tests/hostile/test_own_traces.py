"""prodproof holds a system's secrets while it looks for them: nothing of a run keeps one, and no crash does."""

import os
import re
import resource
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from prodproof.reach.secret import Secret
from prodproof.trace.search import Outcome, Search
from prodproof.trace.sources.files import FilesSource
from prodproof.trace.values import ValueMatcher, Wanted
from tests.servers.repo import harbour_repo

SYSTEM_FILE = """\
version = 1
name = "harbour"

[[repository]]
path = "."
name = "harbour"

[[secret]]
name = "token"
ref = "file:{keep}/token"

[[secret]]
name = "database"
ref = "file:{keep}/database"

[[log]]
name = "app"
kind = "file"
path = "{keep}/app.log"

[[log]]
name = "crashing"
kind = "file"
path = "{keep}/other.log"
"""
ONLY = ("--only", "secrets.not-in-code", "--only", "secrets.not-in-output", "--only", "secrets.not-in-artifacts")
FORMATS = ("text", "json", "sarif", "junit", "html", "md")

START = """\
import sys
from prodproof.probes import logs
whole = logs.whole
async def crashing(log, world):
    if log.name == "crashing":
        value = open({token!r}).read()
        raise ValueError(f"a fault of ours, with {{value}} in its message")
    return await whole(log, world)
logs.whole = crashing
from prodproof.cli.main import run
run()
"""

CRASH = """\
import os, sys
from prodproof.cli import main
from prodproof.reach.secret import Secret
held = Secret(os.environ.pop("HELD"))
if sys.argv[1] == "as a command":
    main.app = lambda prog_name: os.abort()
    main.run()
os.abort()
"""


def searched(place: Path, values: dict[str, str]) -> Outcome:
    """Search a folder, databases and archives in it too, for values in every encoding."""
    wanted = [Wanted(name, Secret(value)) for name, value in values.items()]
    outcome = Search([FilesSource("place", place)], [ValueMatcher(wanted, os.urandom(32))]).run()
    assert outcome.complete, outcome.gaps
    return outcome


def test_a_run_leaves_no_secret_behind(tmp_path: Path) -> None:
    values = {"token": secrets.token_urlsafe(32), "database": secrets.token_urlsafe(24)}
    keep, home = tmp_path / "keep", tmp_path / "home"
    keep.mkdir()
    home.mkdir()
    (keep / "token").write_text(values["token"])
    (keep / "database").write_text(f"postgres://shop:{values['database']}@db.internal/shop")
    (keep / "app.log").write_text("".join(f"a line with {value} in it\n" for value in values.values()))
    (keep / "other.log").write_text("")
    repo = harbour_repo(tmp_path)
    repo.write("prodproof.toml", SYSTEM_FILE.format(keep=keep))
    repo.write("settings.py", f'TOKEN = "{values["token"]}"\nPASSWORD = "{values["database"]}"\n')
    repo.remove("settings.py")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        **{f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "STATE", "CACHE")},
    }
    start = START.format(token=str(keep / "token"))
    state = home / "state"
    for number, form in enumerate(FORMATS):
        words = ["verify", repo.directory, "--trust", "--state", state, "--format", form, "-v", *ONLY]
        output = ["-o", home / f"report.{form}"] if number % 2 else []
        with (home / f"{form}.out").open("wb") as out, (home / f"{form}.err").open("wb") as err:
            command = [sys.executable, "-c", start, *map(str, (*words, *output))]
            done = subprocess.run(command, stdout=out, stderr=err, env=environment, timeout=280, check=False)
        assert done.returncode == 1, (home / f"{form}.err").read_text()
    said = (home / "text.out").read_text()
    assert "settings.py" in said and "app.log" in said, said
    assert list((state / "crashes").iterdir()), "the crash of a probe is part of what is searched"

    control = searched(keep, values)
    assert {item.kind for item in control.findings if item.path.endswith("app.log")} == set(values)
    # Whatever lies below, the user's own configuration, caches and temporary files among it.
    outcome = searched(home, values)
    assert not outcome.findings, [(item.path, item.kind) for item in outcome.findings]
    assert outcome.bytes_read > 10_000


@pytest.mark.parametrize("how", ["as it is", "as a command"])
def test_a_crash_leaves_no_memory_behind(tmp_path: Path, how: str) -> None:
    if resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY:
        pytest.skip("core files are forbidden to this user anyway")
    value = secrets.token_urlsafe(32)

    def allow() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    done = subprocess.run(
        [sys.executable, "-c", CRASH, how],
        env={"PATH": os.environ["PATH"], "HELD": value},
        cwd=tmp_path,
        preexec_fn=allow,
        stderr=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    assert done.returncode == -6
    left = list(tmp_path.iterdir())
    if how == "as a command":
        assert left == []
    elif not re.fullmatch(r"core(?:\.%\w)*", Path("/proc/sys/kernel/core_pattern").read_text().strip()):
        pytest.skip("this machine writes core files elsewhere, so that the control says nothing")
    else:
        # The control: a crash like it leaves a file, with the value in it.
        assert [value.encode() in file.read_bytes() for file in left] == [True]


def test_a_command_cannot_be_dumped_by_a_handler_either() -> None:
    # A handler to which the kernel pipes (core_pattern with |) is not kept away by a limit.
    script = (
        "import ctypes, resource\n"
        "from prodproof.cli.main import leave_no_dump\n"
        "leave_no_dump()\n"
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "0 (0, 0)"
