"""The shop's code as it is deployed: a folder, its environment, and Django's commands there."""

import os
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prodproof.range import namespaces
from prodproof.range.files import restore_tree
from prodproof.system.errors import UserError

STATIC = "static-built"
PREPARE_SECONDS = 120.0

_COMMANDS = """\
import sys
import django
from django.core.management import call_command
django.setup()
for command in sys.argv[1:]:
    name, *options = command.split()
    call_command(name, *options)
"""


@dataclass(frozen=True)
class Deployment:
    """One deployed copy of the shop."""

    directory: Path
    """Of `manage.py`."""

    environment_file: Path
    """What the processes get, as a service manager reads it: NAME=value, quoted as in a shell; mode 0600."""

    var: Path
    """Data, uploads and logs."""

    namespace: str | None = None
    """Network namespace in which it runs."""

    python: str = field(default=sys.executable)

    # ---- code

    def take(self, source: Path) -> None:
        """Copy a work tree without its history; what is not in it goes, but for the static files that were built."""
        built = self.directory / STATIC
        kept = self.directory.with_name(f"{self.directory.name}.{STATIC}")
        if built.is_dir():
            built.rename(kept)
        fresh = self.directory.with_name(f"{self.directory.name}.new")
        shutil.copytree(source, fresh, ignore=shutil.ignore_patterns(".git", "__pycache__"), symlinks=True)
        restore_tree(fresh, self.directory)
        shutil.rmtree(fresh)
        if kept.is_dir():
            kept.rename(built)

    def read(self, path: str) -> str:
        """The text of a deployed file."""
        return (self.directory / path).read_text()

    def write(self, path: str, text: str) -> None:
        """Write a deployed file, as somebody does who edits on the server."""
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        # Compiled code is known by size and second: two edits within a second must not be taken for one.
        shutil.rmtree(file.parent / "__pycache__", ignore_errors=True)

    # ---- environment

    @property
    def environment(self) -> dict[str, str]:
        """What the processes get."""
        lines = self.environment_file.read_text().splitlines()
        return {name: shlex.split(value)[0] for name, _, value in (line.partition("=") for line in lines)}

    def set_environment(self, variables: Mapping[str, str]) -> None:
        """Write the environment; every file that it names lies under `var`."""
        common = {
            "PYTHONUNBUFFERED": "1",
            "PROMETHEUS_MULTIPROC_DIR": os.fspath(self.var / "metrics"),
            "HARBOUR_MEDIA_ROOT": os.fspath(self.var / "media"),
            "HARBOUR_AUDIT_LOG": os.fspath(self.var / "audit.log"),
        }
        for name in ("metrics", "media"):
            (self.var / name).mkdir(parents=True, exist_ok=True)
        lines = [f"{name}={shlex.quote(value)}" for name, value in sorted({**common, **variables}.items())]
        self.environment_file.parent.mkdir(parents=True, exist_ok=True)
        self.environment_file.touch(mode=0o600)
        self.environment_file.write_text("\n".join(lines) + "\n")

    # ---- commands

    def gunicorn(self, application: str, address: str, port: int) -> Sequence[str]:
        """The words that serve a WSGI application."""
        code = os.fspath(self.directory)
        config = os.fspath(self.directory / "gunicorn.conf.py")
        bind = f"{address}:{port}"
        # Several threads, so that a visitor with a slow line keeps nobody else waiting.
        return (
            *(self.python, "-m", "gunicorn", "--chdir", code, "--config", config, "--bind", bind),
            *("--worker-class", "gthread", "--threads", "4", application),
        )

    def manage(self, *arguments: str) -> Sequence[str]:
        """The words that run one of Django's commands."""
        return (self.python, os.fspath(self.directory / "manage.py"), *arguments)

    def run(self, *commands: str, **variables: str) -> "Running":
        """Begin to run several of Django's commands in one process (`migrate --noinput`), one after the other.

        Args:
            commands: names with their options.
            variables: other values for this process alone (another database role, for instance).
        """
        words = [*namespaces.within(self.namespace), self.python, "-c", _COMMANDS, *commands]
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": os.fspath(self.var), **self.environment}
        environment.setdefault("DJANGO_SETTINGS_MODULE", "harbour.settings.production")
        environment["PYTHONPATH"] = os.fspath(self.directory)
        process = subprocess.Popen(
            words,
            # Whoever works below `var` is found and stopped with the range.
            cwd=self.var,
            env=environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return Running(" and ".join(commands), process)

    def write_script(self, place: Path) -> None:
        """Write a program that runs `manage.py` here from wherever it is called, with this environment alone."""
        environment, code, python = (
            shlex.quote(os.fspath(item)) for item in (self.environment_file, self.directory, self.python)
        )
        inner = f'set -a; . {environment}; set +a; cd {code} && exec {python} manage.py "$@"'
        words = [*namespaces.within(self.namespace), "env", "-i", f"HOME={self.var}", "LANG=C.UTF-8"]
        before = " ".join(shlex.quote(word) for word in words)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(
            "#!/bin/sh\n# Django's commands for the deployed shop, with its environment and where it runs.\n"
            f'exec {before} PATH="$PATH" sh -c {shlex.quote(inner)} manage "$@"\n'
        )
        place.chmod(stat.S_IRWXU)


@dataclass(frozen=True)
class Running:
    """A process that prepares something and ends."""

    what: str
    process: "subprocess.Popen[bytes]"

    def wait(self) -> None:
        """Wait for its end. Raises UserError when it failed."""
        try:
            output, _ = self.process.communicate(timeout=PREPARE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            output, _ = self.process.communicate()
        if self.process.returncode != 0:
            last = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()][-3:]
            raise UserError(f"the shop could not be prepared ({self.what}): {' / '.join(last)[:400]}")


def wait_for_all(running: Sequence[Running]) -> None:
    """Wait for several; none is left behind when one fails. Raises UserError when one failed."""
    try:
        for item in running:
            item.wait()
    finally:
        for item in running:
            if item.process.poll() is None:
                item.process.kill()
                item.process.wait()
