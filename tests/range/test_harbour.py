"""The demo shop keeps its own promises: its own test suite, in its own process, as its users would run it."""

import os
import subprocess
import sys

from prodproof.range.components.repo import HEALTHY

TIME_LIMIT = 300
"""Seconds."""


def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the shop, with nothing of ours in its environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HARBOUR_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=HEALTHY,
        env=kept | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT,
        check=False,
    )


def test_its_own_tests_pass() -> None:
    done = manage("test")
    assert done.returncode == 0, done.stderr[-4000:]
    assert "\nOK\n" in done.stderr


def test_it_does_not_start_without_its_secrets() -> None:
    done = manage("check")
    assert done.returncode != 0
    assert "KeyError: 'HARBOUR_SECRET_KEY'" in done.stderr


def test_migrations_are_complete() -> None:
    done = manage("makemigrations", "--check", "--dry-run", "--settings=harbour.settings.testing")
    assert done.returncode == 0, done.stdout + done.stderr
