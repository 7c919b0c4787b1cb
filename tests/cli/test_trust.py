"""`prodproof trust` shows what would be done, asks, and keeps the answer outside the repository."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from prodproof.cli.main import app

FILE = 'version = 1\nname = "shop"\n[[django]]\nmanage = ["python", "manage.py"]\n'


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    root = tmp_path / "shop"
    root.mkdir()
    (root / "prodproof.toml").write_text(FILE)
    return root


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["trust", *map(str, arguments)])


def test_without_a_terminal_it_needs_yes(shop: Path) -> None:
    result = run(shop)
    assert result.exit_code == 2
    assert "python manage.py" in result.stdout
    assert "say --yes" in result.stderr
    assert run("--list").stdout == ""


def test_it_is_given_listed_and_taken_back(shop: Path) -> None:
    (shop / "below").mkdir()
    assert run(shop / "below", "--yes").exit_code == 0
    assert run("--list").stdout.strip() == str(shop)
    assert "is trusted already" in run(shop).stdout
    assert run(shop, "--remove").exit_code == 0
    assert run("--list").stdout == ""
    assert run(shop, "--remove").exit_code == 2


def test_a_changed_file_says_what_changed(shop: Path) -> None:
    run(shop, "--yes")
    (shop / "prodproof.toml").write_text(FILE.replace('"python"', '"python", "-i"'))
    result = run(shop)
    assert result.exit_code == 2
    assert "changed since it was trusted" in result.stdout
    assert "new or changed: runs" in result.stdout
    assert run(shop, "--yes").exit_code == 0


def test_what_cannot_be_trusted_is_one_line(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    missing = run(tmp_path / "none", "--yes")
    assert (missing.exit_code, len(missing.stderr.splitlines())) == (2, 1)
    (shop / "prodproof.toml").write_text(FILE + "x = 1\n")
    broken = run(shop, "--yes")
    assert broken.exit_code == 2
    assert "django.x: unknown key" in broken.stderr
