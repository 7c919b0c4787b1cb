"""The application is told by a program, an address, a signal, or waited for."""

import os
import signal
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Declared, Environment, RotationKind, SecretRotation
from prodproof.reach.rotation.pick_up import tell, way_of
from prodproof.reach.world import Settings


def told(folder: Path, **way: Any) -> Unseen | None:
    rotation = SecretRotation(kind=RotationKind.COMMAND, **way)
    declared = Declared(system="shop", environment=Environment(name="staging"), root=str(folder))
    return tell(rotation, declared, Settings(), "drill.pick-up", 20)


def test_by_a_program_that_carries_the_mark_and_no_environment_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_SECRET", "x")
    assert told(tmp_path, pick_up=("sh", "-c", "env > seen")) is None
    seen = (tmp_path / "seen").read_text()
    assert "PRODPROOF_STEP=drill.pick-up" in seen and "SOME_SECRET" not in seen
    failed = told(tmp_path, pick_up=("sh", "-c", "echo a-value >&2; exit 4"))
    assert failed == Unseen(Reason.INCOMPLETE, "sh ended with exit code 4")


def test_by_an_address(tmp_path: Path) -> None:
    asked: list[str] = []

    class Shop(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.send_response(200 if self.path == "/reload" else 403)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        place = f"http://127.0.0.1:{server.server_port}"
        assert told(tmp_path, pick_up_url=f"{place}/reload") is None
        refused = told(tmp_path, pick_up_url=f"{place}/other")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert asked == ["/reload", "/other"]
    assert refused == Unseen(Reason.INCOMPLETE, f"{place}/other answered 403")


def test_by_a_signal(tmp_path: Path) -> None:
    process = subprocess.Popen(["sleep", "60"])
    (tmp_path / "pid").write_text(f"{process.pid}\n")
    assert told(tmp_path, pick_up_pid_file="pid", pick_up_signal="USR1") is None
    assert process.wait(20) == -signal.SIGUSR1
    gone = told(tmp_path, pick_up_pid_file="pid")
    assert gone is not None and gone.why is Reason.UNREACHABLE


@pytest.mark.parametrize("text", ["", "1", "0", "-1", "x", "99999999999999999999999"])
def test_what_is_no_process_is_not_signalled(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "kill", lambda pid, number: pytest.fail("signalled"))
    (tmp_path / "pid").write_text(text)
    if len(text) > 10:
        monkeypatch.setattr(os, "kill", lambda pid, number: (_ for _ in ()).throw(OverflowError))
    refused = told(tmp_path, pick_up_pid_file="pid")
    assert refused is not None and refused.why is Reason.INCOMPLETE


def test_by_waiting(tmp_path: Path) -> None:
    assert told(tmp_path) is None
    assert way_of(SecretRotation(kind=RotationKind.COMMAND)) == "waiting"
    missing = told(tmp_path, pick_up_pid_file="pid")
    assert missing is not None and missing.why is Reason.NOT_CONFIGURED
