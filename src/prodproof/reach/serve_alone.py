"""Serves an application where nothing can be reached but its own 127.0.0.1, and asks whether it is well.

Run as a program of its own, in a network namespace without any network: it brings the loopback device up, starts the
application as another user where it is root, asks it until it answers, and ends it. It imports nothing of prodproof.
"""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request

_SET_FLAGS, _UP = 0x8914, 0x1
"""ioctl SIOCSIFFLAGS with IFF_UP: netdevice(7)."""

_ANSWER = 1024 * 1024


def loopback_up() -> None:
    """Bring the namespace's own 127.0.0.1 up. Raises OSError."""
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        fcntl.ioctl(channel, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def asked(url: str, host: str) -> int:
    """The status of the answer, 0 where there is none."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay())
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    try:
        with opener.open(request, timeout=5) as answer:
            answer.read(_ANSWER)
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return int(error.code)
    except (OSError, ValueError):
        return 0


def main() -> None:
    """Read what to do as JSON from standard input; write what was seen as JSON to standard output."""
    given = json.load(sys.stdin)
    loopback_up()
    words = [*given["as_user"], *given["command"]]
    child = subprocess.Popen(
        words,
        env=given["environment"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    status, deadline = 0, time.monotonic() + given["seconds"]
    try:
        while status != 200 and time.monotonic() < deadline and child.poll() is None:
            status = asked(given["url"], given["host"])
            time.sleep(0.1)
        ended = child.poll()
    finally:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        child.wait()
    json.dump({"status": status, "ended": ended}, sys.stdout)


if __name__ == "__main__":
    main()
