"""Asks a Django application what it is made of, by sending the collector to its `manage.py shell`."""

import base64
import hashlib
import json
import os
import re
import secrets
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import DjangoApp
from prodproof.reach.process import Finished, run

COLLECTOR = Path(__file__).with_name("collector.py")
MAX_REPLY = 32 * 1024 * 1024
TIME_LIMIT = 90.0
"""Seconds for the application to start and answer; the large ones need ten to start."""

_OURS = re.compile(r"PRODPROOF_|PYTEST_|COV_")
_REFUSED = re.compile(
    r"permission denied|forbidden|unauthorized|not authorized|access is denied|authentication failed|publickey",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"is not running|no such (container|service|host)|could not resolve|connection (refused|timed out|reset|closed)"
    r"|no route to host|cannot connect|not found in|unable to connect|network is unreachable|server \(notfound\)"
    r"|can't open file|no such file or directory|host key verification failed",
    re.IGNORECASE,
)
_NO_DJANGO = re.compile(r"no module named '?\"?django['\"]?$|couldn't import django", re.IGNORECASE)


def ask(
    app: DjangoApp, root: Path, fingerprint_key: bytes = b"", environment: Mapping[str, str] | None = None
) -> "dict[str, Any] | Unseen":
    """Run the collector in the application and return its answer.

    The caller has made sure that the repository is trusted: this runs the application's own code.

    Args:
        app: the command that runs `manage.py` where the application serves.
        root: the directory of the system file, which `app.directory` is relative to.
        fingerprint_key: key of the fingerprints of secrets; it travels over standard input. Empty: no fingerprints.
        environment: the variables for the command; those of this process if None, our own left out.

    Returns:
        The collector's answer (`settings`, `urls`, `models`, `deploy`, `failed`), not yet validated; or why there is
        none: tool-missing, denied, unreachable, timed-out, incomplete.
    """
    directory = root / app.directory
    if not directory.is_dir():
        return Unseen(Reason.UNREACHABLE, f"the directory {app.directory} of the [[django]] command does not exist")
    marker = f"prodproof-{secrets.token_hex(12)}"
    settings = (f"--settings={app.settings}",) if app.settings else ()
    finished = run(
        (*app.manage, "shell", *settings),
        timeout=TIME_LIMIT,
        cwd=directory,
        stdin=payload(fingerprint_key, marker),
        env=_environment(environment),
        max_output=MAX_REPLY,
    )
    if isinstance(finished, Unseen):
        return finished
    return read_reply(finished, marker)


def payload(fingerprint_key: bytes, marker: str) -> bytes:
    """What is written to the shell: one line, which a prompt, an `exec` and IPython all read alike."""
    return packed(COLLECTOR, f"main({fingerprint_key.hex()!r}, {marker!r})")


def packed(script: Path, call: str) -> bytes:
    """A script of ours as one line for the shell, with the call that begins it."""
    body = base64.b64encode(zlib.compress(script.read_bytes(), 9)).decode("ascii")
    source = f"__import__('zlib').decompress(__import__('base64').b64decode('{body}')).decode('utf-8')"
    name = f"prodproof_{script.stem}"
    return (
        f"exec(compile({source} + {json.dumps(chr(10) + call + chr(10))}, {name!r}, 'exec'), "
        '{"__name__": "prodproof"})\n'
    ).encode()


def read_reply(finished: Finished, marker: str) -> "dict[str, Any] | Unseen":
    """Find the one JSON document between the markers, whatever else the application printed."""
    begin = re.search(rb"\n" + marker.encode() + rb":begin:(\d{1,9}):([0-9a-f]{64})\r?\n", finished.stdout)
    if begin is None:
        return _failure(finished)
    body = finished.stdout[begin.end() : begin.end() + int(begin[1])]
    if hashlib.sha256(body).hexdigest() != begin[2].decode():
        return Unseen(Reason.INCOMPLETE, "the application's answer was cut off or mixed with its other output")
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return Unseen(Reason.INCOMPLETE, "the application's answer is not readable")
    if not isinstance(answer, dict) or answer.get("format") != 1 or not isinstance(answer.get("failed"), dict):
        return Unseen(Reason.INCOMPLETE, "the application's answer has an unknown form")
    if started := answer["failed"].get("start"):
        return Unseen(Reason.INCOMPLETE, f"the application does not start: {harmless(str(started))}")
    return answer


def harmless(line: str) -> str:
    """A line of foreign output without what could be a secret: user and password of URLs, quoted and long tokens."""
    line = re.sub(r"(?<=://)[^/@\s]*@", "", line)
    line = re.sub(r"(?i)((?:password|passwd|secret|token|key|dsn)['\"]?\s*[=:]\s*)\S+", r"\1(withheld)", line)
    line = re.sub(r"(['\"])((?![A-Za-z_][A-Za-z_.]*\1)[^'\"]{6,})\1", r"\1(withheld)\1", line)
    line = re.sub(r"(?=\S*[0-9])(?=\S*[A-Za-z])[A-Za-z0-9+=_\-]{24,}", "(withheld)", line)
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", line)[:200]


def _failure(finished: Finished) -> Unseen:
    text = (finished.stderr[-8000:] + b"\n" + finished.stdout[-2000:]).decode("utf-8", "replace").strip()
    last = harmless(finished.error_line()) if finished.stderr.strip() else f"exit code {finished.code}, no answer"
    if any(_NO_DJANGO.search(line.strip()) for line in text.splitlines()):
        return Unseen(Reason.TOOL_MISSING, "the interpreter of the [[django]] command has no Django")
    if finished.code == 127 or "executable file not found" in text:
        return Unseen(Reason.TOOL_MISSING, f"the [[django]] command does not find its program: {last}")
    if "Traceback (most recent call last)" in text:
        return Unseen(Reason.INCOMPLETE, f"the application does not start: {last}")
    if _REFUSED.search(text):
        return Unseen(Reason.DENIED, f"the [[django]] command was refused: {last}")
    if _AWAY.search(text):
        return Unseen(Reason.UNREACHABLE, f"the [[django]] command did not reach the application: {last}")
    return Unseen(Reason.INCOMPLETE, f"the [[django]] command gave no answer: {last}")


def _environment(given: Mapping[str, str] | None) -> dict[str, str]:
    # The command is the team's own and trusted; it needs what a person's shell would give it (docker, kubectl, ssh,
    # the application's variables). What belongs to prodproof itself stays behind.
    whole = os.environ if given is None else given
    return {name: value for name, value in whole.items() if not _OURS.match(name)}
