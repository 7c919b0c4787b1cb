"""Serves an application for a moment and asks it; run as a program of its own, with what to do on standard input.

In a network namespace of its own there is no other way to reach the loopback than from within. Given (JSON): `command`
(with `{port}`), `cwd`, `environment`, `host`, `paths`, `seconds`, `cut_off`. It prints one JSON document: for each path
its status and the beginning of its body, or why there is none.
"""

import fcntl
import http.client
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from typing import Any

MAX_BODY = 16 * 1024
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 0x1  # Linux, netdevice(7)
_PAUSE = 0.1


def main() -> None:
    """Do it."""
    given = json.load(sys.stdin)
    if given["cut_off"]:
        _loopback_up()
    port = _free_port()
    command = [word.replace("{port}", str(port)) for word in given["command"]]
    environment = {name: value.replace("{port}", str(port)) for name, value in given["environment"].items()}
    with tempfile.TemporaryFile() as log:
        try:
            server = subprocess.Popen(
                command, cwd=given["cwd"], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        except OSError as error:
            print(json.dumps({"started": False, "why": f"{command[0]}: {error.strerror}", "answers": {}}))
            return
        try:
            answer = _ask(server, port, given)
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(5)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        answer["last_line"] = _last_line(log)
        print(json.dumps(answer))


def _ask(server: "subprocess.Popen[bytes]", port: int, given: dict[str, Any]) -> dict[str, Any]:
    began = time.monotonic()
    answers: dict[str, Any] = {}
    first, *others = given["paths"]
    while True:
        answers[first] = _get(port, first, given["host"])
        took = time.monotonic() - began
        if answers[first].get("status") == 200 or server.poll() is not None or took > given["seconds"]:
            break
        time.sleep(_PAUSE)
    for path in others:
        answers[path] = _get(port, path, given["host"])
    return {"started": server.poll() is None, "seconds": took, "answers": answers, "why": ""}


def _get(port: int, path: str, host: str) -> dict[str, Any]:
    # As the proxy before it asks, which has ended TLS.
    headers = {"Host": host, "X-Forwarded-Proto": "https", "User-Agent": "prodproof", "Connection": "close"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return {"status": answer.status, "body": answer.read(MAX_BODY).decode("utf-8", "replace")}
    except (OSError, http.client.HTTPException) as error:
        return {"why": type(error).__name__}
    finally:
        connection.close()


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _last_line(log: Any) -> str:
    size = log.seek(0, os.SEEK_END)
    log.seek(max(0, size - 8192))
    lines = log.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else ""


if __name__ == "__main__":
    main()
