"""A version that is laid out: what is filled in, what it sees, and each way in which it does not answer."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Rehearsal
from prodproof.reach.cut_off import CutOff, cut_off
from prodproof.reach.django import version as room
from prodproof.reach.django.version import Filling, RunningVersion, unknown_words
from prodproof.reach.process import Finished
from tests.reach.servers import silent, talking

FILLING = Filling({"root": "/srv/shop", "db_file": "/scratch/db", "commit": "c0ffee"}, "rollback-1")
ALONE = CutOff((), False, (os.geteuid(), os.getegid()))
"""Not cut off, so that these tests run on every machine."""


def running(tmp_path: Path, *manage: str, cut: CutOff = ALONE, **changes: Any) -> RunningVersion:
    rehearsal = replace(Rehearsal(manage=manage or ("true",)), **changes)
    return RunningVersion(rehearsal, tmp_path, tmp_path, FILLING, cut, "rollback-1.step")


def shell(tmp_path: Path, script: str, **changes: Any) -> RunningVersion:
    return running(tmp_path, "sh", "-c", script, **changes)


def test_words_are_filled_in() -> None:
    assert FILLING.fill("{root}/x {commit} {port} {unknown}") == "/srv/shop/x c0ffee {port} {unknown}"
    made = FILLING.fill("{random:a}")
    assert len(made) == 43 and made == FILLING.fill("{random:a}") != FILLING.fill("{random:b}")
    assert made != Filling({}, "rollback-2").fill("{random:a}"), "another drill makes up others"
    assert len(FILLING.fill("{fernet:a}")) == 44 and FILLING.fill("{fernet:a}").endswith("=")


def test_words_that_nothing_stands_for_are_found() -> None:
    known = Rehearsal(manage=("{root}/python", "{checkout}/manage.py"), serve=("x", "{port}"),
                      variables=(("A", "{random:a}{db_name}"), ("B", "{}"), ("C", '{"a": 1}')))  # fmt: skip
    assert unknown_words(known) == ()
    wrong = replace(known, write=("{seed}",), variables=(("A", "{random}"), ("B", "{root:x}")))
    assert unknown_words(wrong) == ("{seed}", "{random}", "{root:x}")


def test_it_sees_no_more_than_what_is_declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-production")
    monkeypatch.setenv("DATABASE_URL", "postgresql://production")
    found = running(tmp_path, "env", variables=(("SHOP", "{db_file}"),)).manage(("-0",), 10)
    assert isinstance(found, Finished)
    seen = dict(item.split("=", 1) for item in found.stdout.decode().split("\0") if item)
    assert seen["SHOP"] == "/scratch/db" and seen["PRODPROOF_STEP"] == "rollback-1.step"
    assert seen["HOME"] == seen["TMPDIR"] == str(tmp_path)
    assert set(seen) <= {"SHOP", "PRODPROOF_STEP", "HOME", "TMPDIR", "PYTHONDONTWRITEBYTECODE", "PATH", "LANG",
                         "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR"}  # fmt: skip


def test_settings_are_named_to_each_command(tmp_path: Path) -> None:
    found = running(tmp_path, "echo", settings="shop.drill").manage(("migrate", "{root}"), 10)
    assert isinstance(found, Finished) and found.stdout == b"migrate --settings=shop.drill /srv/shop\n"


def test_an_application_that_cannot_be_asked_says_why(tmp_path: Path) -> None:
    cases = {
        Reason.TOOL_MISSING: running(tmp_path, "/nowhere/python"),
        Reason.INCOMPLETE: shell(tmp_path, "echo welcome to the shell"),
        Reason.TIMED_OUT: shell(tmp_path, "exec sleep 60"),
    }
    for reason, version in cases.items():
        found = version.rows(["read"], 1)
        assert isinstance(found, Unseen) and found.why is reason, found
    broken = shell(tmp_path, "echo 'Traceback (most recent call last):' >&2; echo \"KeyError: 'X'\" >&2; exit 1")
    found = broken.rows(["read"], 10)
    assert isinstance(found, Unseen) and "does not start" in found.detail


def test_an_application_that_cannot_be_served_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "START_SECONDS", 1.0)
    away = running(tmp_path, serve=("/nowhere/gunicorn",)).serve()
    assert not isinstance(away, Unseen) and not away.started and "No such file" in away.detail
    ended = running(tmp_path, serve=("sh", "-c", "echo out of order >&2; exit 3")).serve()
    assert not isinstance(ended, Unseen) and not ended.started and not ended.well and ended.detail == "out of order"
    silent = running(tmp_path, serve=("sleep", "60")).serve()
    assert not isinstance(silent, Unseen) and silent.started and not silent.well and silent.status is None


def test_one_that_answers_with_garbage_is_not_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "START_SECONDS", 1.0)
    script = (
        "import socket, sys\n"
        "server = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
        "while True:\n"
        "    link = server.accept()[0]; link.recv(100); link.sendall(b'SSH-2.0-x\\r\\n' * 9); link.close()\n"
    )
    found = running(tmp_path, serve=("python3", "-c", script, "{port}")).serve()
    assert not isinstance(found, Unseen) and not found.well and found.status is None


def test_its_pages_are_asked_for_as_by_the_proxy_before_it(tmp_path: Path) -> None:
    script = (
        "import http.server, json, os, sys\n"
        "class H(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        self.send_response(200 if self.path != '/no' else 404); self.end_headers()\n"
        "        self.wfile.write(json.dumps([self.headers['Host'], self.headers['X-Forwarded-Proto'],"
        " os.environ['PORT'], sys.argv[1], 'x' * 100000]).encode())\n"
        "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), H).serve_forever()\n"
    )
    changes: dict[str, Any] = {
        "serve": ("python3", "-c", script, "{port}"), "variables": (("PORT", "{port}"),),
        "host": "shop.example", "version_path": "/version",
    }  # fmt: skip
    found = running(tmp_path, **changes).serve()
    assert not isinstance(found, Unseen) and found.well and found.status == 200 and found.seconds > 0
    page = found.pages["/version"]
    assert len(page) == 16 * 1024
    host, scheme, given, port = json.loads(page[: page.index('"xxx') - 2] + "]")
    assert (host, scheme) == ("shop.example", "https") and given == port
    missing = running(tmp_path, **{**changes, "version_path": "/no"}).serve()
    assert not isinstance(missing, Unseen) and missing.well and missing.pages == {}


@pytest.mark.skipif(not cut_off().no_network, reason="unshare is refused here")
def test_it_reaches_nothing() -> None:
    anywhere = Path("/tmp")
    with talking(silent) as port:
        words = ("bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port} && echo reached")
        alone = running(anywhere, *words).manage(("x",), 20)
        away = running(anywhere, *words, cut=cut_off()).manage(("x",), 20)
    assert isinstance(alone, Finished) and alone.stdout == b"reached\n"
    assert isinstance(away, Finished) and away.stdout == b"" and b"unreachable" in away.stderr, away
