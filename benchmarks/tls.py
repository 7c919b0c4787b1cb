"""TLS enumeration against sslyze on local nginx servers: the same protocols and suites, and how long.

    python -m benchmarks.tls [--rounds 3] [--json FILE]

sslyze is AGPL and holds cryptography back, so it is never a dependency: it is installed into a throw-away environment.
Both sides run as whole processes, in turns, on the same servers; ratios of medians are printed. nginx and openssl are
Debian packages.
"""

import argparse
import json
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

SSLYZE = "sslyze==6.1.0"
SERVERS = {
    "modern": "ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;",
    "nginx default": "",
    "everything": "ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_ciphers ALL:COMPLEMENTOFALL:@SECLEVEL=0;",
}

OURS = """
import asyncio, json, sys
from prodproof.reach.tls.endpoint import Target, examine
from prodproof.reach.world import Settings
seen = asyncio.run(examine(Target("127.0.0.1", int(sys.argv[1]), "localhost"), Settings()))
print(json.dumps({offer.version: sorted(offer.suites) for offer in seen.protocols if offer.accepted}))
"""

THEIRS = """
import json, sys
from sslyze import (ScanCommand, Scanner, ServerNetworkLocation, ServerScanRequest)
commands = {
    "SSLv2": ScanCommand.SSL_2_0_CIPHER_SUITES, "SSLv3": ScanCommand.SSL_3_0_CIPHER_SUITES,
    "TLSv1.0": ScanCommand.TLS_1_0_CIPHER_SUITES, "TLSv1.1": ScanCommand.TLS_1_1_CIPHER_SUITES,
    "TLSv1.2": ScanCommand.TLS_1_2_CIPHER_SUITES, "TLSv1.3": ScanCommand.TLS_1_3_CIPHER_SUITES,
}
place = ServerNetworkLocation("localhost", int(sys.argv[1]), ip_address="127.0.0.1")
wanted = {*commands.values(), ScanCommand.CERTIFICATE_INFO}
scanner = Scanner()
scanner.queue_scans([ServerScanRequest(place, scan_commands=wanted)])
found = {}
for result in scanner.get_results():
    for version, command in commands.items():
        attempt = getattr(result.scan_result, command.value)
        names = sorted(item.cipher_suite.name for item in attempt.result.accepted_cipher_suites)
        if names:
            found[version] = names
print(json.dumps(found))
"""


def main() -> int:
    """Run the benchmark; 0 when we are no slower on any server and agree on all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    for program in ("nginx", "openssl"):
        if shutil.which(program) is None:
            print(f"{program} is not installed: apt install {program}", file=sys.stderr)
            return 4
    report: dict[str, Row] = {}
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        venv.create(directory / "venv", with_pip=True)
        python = directory / "venv/bin/python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", SSLYZE], check=True)
        with servers(directory) as ports:
            for server, port in ports.items():
                report[server] = compare(port, python, options.rounds)
    print(f"{'server':<16}{'prodproof':>12}{'sslyze':>10}{'ratio':>8}  agreement")
    for server, row in report.items():
        agreement = "same protocols and suites" if not row["only_one_side"] else f"differs: {row['only_one_side']}"
        times = f"{row['prodproof_seconds']:>10.2f} s{row['sslyze_seconds']:>8.2f} s{row['ratio']:>8.2f}"
        print(f"{server:<16}{times}  {agreement}")
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0 if all(row["ratio"] <= 1 and not row["only_one_side"] for row in report.values()) else 1


class Row(TypedDict):
    """One server's result."""

    prodproof_seconds: float
    sslyze_seconds: float
    ratio: float
    suites: int
    only_one_side: list[tuple[str, str]]


def compare(port: int, python: Path, rounds: int) -> Row:
    """Both sides on one server, in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    answers: list[dict[str, list[str]]] = [{}, {}]
    for _ in range(rounds):
        for side, (program, script) in enumerate(((Path(sys.executable), OURS), (python, THEIRS))):
            start = time.perf_counter()
            done = subprocess.run([program, "-c", script, str(port)], capture_output=True, text=True, check=True)
            times[side].append(time.perf_counter() - start)
            answers[side] = json.loads(done.stdout)
    sets = [{(version, suite) for version, suites in answer.items() for suite in suites} for answer in answers]
    ours, theirs = (statistics.median(side) for side in times)
    return {
        "prodproof_seconds": ours,
        "sslyze_seconds": theirs,
        "ratio": ours / theirs,
        "suites": len(sets[0]),
        "only_one_side": sorted(sets[0] ^ sets[1]),
    }


@contextmanager
def servers(directory: Path) -> Iterator[dict[str, int]]:
    """One nginx with a server for each of `SERVERS`, on free ports."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", directory / "key.pem", "-out", directory / "cert.pem"),
        ],
        check=True,
        capture_output=True,
    )
    ports = {name: free_port() for name in SERVERS}
    common = "ssl_certificate cert.pem; ssl_certificate_key key.pem;"
    blocks = "".join(
        f"server {{ listen 127.0.0.1:{ports[name]} ssl; {common} {lines} }}\n" for name, lines in SERVERS.items()
    )
    (directory / "nginx.conf").write_text(
        f"daemon off; pid {directory}/nginx.pid; error_log {directory}/error.log; events {{}}\n"
        f"http {{ access_log off;\n{blocks}}}\n"
    )
    child = subprocess.Popen(["nginx", "-p", directory, "-c", directory / "nginx.conf"], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        for port in ports.values():
            while socket.socket().connect_ex(("127.0.0.1", port)) and time.monotonic() < deadline:
                time.sleep(0.05)
        yield ports
    finally:
        child.terminate()
        child.wait(10)


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    raise SystemExit(main())
