"""`prodproof ledger` as a person or a pipeline runs it: what it says, and its exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from prodproof.ledger import open_ledger
from tests.ledger.samples import AT, STEP, fill, survey

SYSTEM_FILE = 'version = 1\nname = "shop"\n'


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a system file and a ledger of fifteen entries."""
    monkeypatch.setenv("PRODPROOF_KEY_DIR", str(tmp_path / "keys"))
    monkeypatch.delenv("PRODPROOF_DATABASE_URL", raising=False)
    path = tmp_path / "place"
    path.mkdir()
    (path / "prodproof.toml").write_text(SYSTEM_FILE)
    with open_ledger(path / ".prodproof", system="shop") as ledger:
        fill(ledger)
    return path


def prodproof(directory: Path, *arguments: str) -> tuple[int, str, str]:
    finished = subprocess.run(
        [sys.executable, "-c", "from prodproof.cli.main import run; run()", "ledger", *arguments],
        cwd=directory, capture_output=True, text=True, check=False, env=dict(os.environ),
    )  # fmt: skip
    assert "Traceback" not in finished.stdout + finished.stderr, finished.stderr
    return finished.returncode, finished.stdout, finished.stderr


def another(tmp_path: Path, name: str) -> Path:
    path = tmp_path / name
    path.mkdir()
    (path / "prodproof.toml").write_text(SYSTEM_FILE)
    return path


def test_verify_says_how_far_it_is_signed(place: Path) -> None:
    code, out, _ = prodproof(place, "verify")
    assert code == 0 and "15 entries" in out and "is as it was written" in out and "could have remade it" in out
    code, out, _ = prodproof(place, "checkpoint", "kept.json")
    assert code == 0 and "entries 1 to 15 signed" in out
    key = json.loads((place / "kept.json").read_text())["public_key"]
    assert key in out
    code, out, _ = prodproof(place, "verify", "--checkpoint", "kept.json", "--public-key", key)
    assert code == 0 and "signed through entry 15; the 1 after it are only chained" in out


def test_an_export_is_verified_without_a_ledger_and_damage_is_exit_code_1(place: Path, tmp_path: Path) -> None:
    assert prodproof(place, "export", "export.jsonl")[0] == 0
    whole = (place / "export.jsonl").read_bytes()
    code, out, _ = prodproof(tmp_path, "verify", str(place / "export.jsonl"))
    assert code == 0 and "15 entries" in out
    (place / "export.jsonl").write_bytes(whole.replace(b"run-1", b"run-9", 1))
    code, out, _ = prodproof(place, "verify", "export.jsonl")
    assert code == 1 and "NOT as written: altered: entry 6" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify", "absent.jsonl"), "cannot be read"),
        (("verify", "prodproof.toml"), "not an export"),
        (("verify", "--checkpoint", "prodproof.toml"), "not a checkpoint"),
        (("verify", "--public-key", "abc"), "neither 64 hexadecimal digits"),
        (("verify", "--state", "elsewhere"), "holds no ledger"),
        (("prune", "--older-than", "soon"), "is no age"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(place: Path, arguments: tuple[str, ...], said: str) -> None:
    code, _, err = prodproof(place, *arguments)
    assert said in err and len(err.strip().splitlines()) == 1
    assert code == 2
    assert not (place / "elsewhere").exists()


def test_a_ledger_that_cannot_be_opened_is_exit_code_4(place: Path) -> None:
    (place / ".prodproof" / "ledger.sqlite3").write_bytes(b"not a database" * 1000)
    code, _, err = prodproof(place, "verify")
    assert code == 4 and "no SQLite file" in err


@pytest.mark.parametrize("target", ["folder", "git"])
def test_a_throw_away_machine_goes_on_with_what_the_last_one_pushed(place: Path, tmp_path: Path, target: str) -> None:
    where = str(tmp_path / "shared")
    other = another(tmp_path, "other")
    if target == "git":
        where = "git:origin"
        subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "remote.git")], check=True)
        for path in (place, other):
            subprocess.run(["git", "init", "-q"], cwd=path, check=True)
            subprocess.run(["git", "remote", "add", "origin", str(tmp_path / "remote.git")], cwd=path, check=True)
    code, out, _ = prodproof(other, "pull", where)
    assert code == 0 and "nothing to pull" in out
    assert prodproof(place, "push", where)[0] == 0
    assert prodproof(other, "pull", where)[:2] == (0, "15 entries received; 15 in all\n")
    for path in (place, other):
        with open_ledger(path / ".prodproof", system="shop") as ledger:
            ledger.append_surveys(ledger.start_run("production", AT), f"{STEP} {path.name}", [survey()])
    assert prodproof(other, "push", where)[0] == 0
    code, _, err = prodproof(place, "push", where)
    assert code == 2 and "pull --join" in err
    code, _, err = prodproof(place, "pull", where)
    assert code == 2 and "both sides have gone on since entry 15" in err
    code, out, _ = prodproof(place, "pull", where, "--join")
    assert code == 0 and "2 entries received; 2 of ours appended to them; 20 in all" in out
    assert prodproof(place, "push", where)[0] == 0
    assert prodproof(other, "pull", where)[0] == 0
    assert prodproof(other, "verify")[0] == 0


def test_prune_and_erase_say_what_they_did(place: Path) -> None:
    code, out, _ = prodproof(place, "prune", "--older-than", "1d")
    assert code == 0 and "4 payloads removed" in out
    assert prodproof(place, "export", "export.jsonl")[0] == 0
    digest = next(
        json.loads(line)["digest"]
        for line in (place / "export.jsonl").read_text().splitlines()
        if line.startswith('{"digest"')
    )
    code, out, _ = prodproof(place, "erase", digest[:12], "--reason", "a person asked")
    assert code == 0 and digest in out
    code, out, _ = prodproof(place, "verify")
    assert code == 0 and "payloads were removed, each by a signed entry" in out


def test_import_takes_over_an_export(place: Path, tmp_path: Path) -> None:
    assert prodproof(place, "export", "export.jsonl")[0] == 0
    other = another(tmp_path, "other")
    code, out, _ = prodproof(other, "import", str(place / "export.jsonl"))
    assert code == 0 and "15 entries received" in out
    assert prodproof(other, "verify")[0] == 0


def test_help_does_not_import_django() -> None:
    code = (
        "import sys\nfrom prodproof.cli.main import app\n"
        "try:\n app(['ledger', '--help'])\nexcept SystemExit: pass\nsys.exit('django' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
