"""Prometheus, Alertmanager and the node exporter as plain processes on loopback, quick to scrape and to send."""

import contextlib
import http.server
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from prodproof.reach.monitoring.alertmanager import Alertmanager
from prodproof.reach.monitoring.prometheus import Prometheus
from prodproof.reach.world import Settings
from tests.reach.servers import free_port, program, running


@dataclass
class Watchers:
    """The three of them, and a web hook that is told."""

    prometheus: str
    alertmanager: str
    textfiles: Path
    told: list[dict[str, Any]] = field(default_factory=list)
    """What the web hook got."""


@contextlib.contextmanager
def watching(folder: Path, rules: list[dict[str, Any]], routing: dict[str, Any]) -> Iterator[Watchers]:
    """Start them; in `routing`, the URL `hook` is the web hook's, `closed` one where nobody listens."""
    folder.mkdir(exist_ok=True)
    exporter, server, manager = (
        program(name) for name in ("prometheus-node-exporter", "prometheus", "prometheus-alertmanager")
    )
    textfiles = folder / "textfiles"
    textfiles.mkdir()
    ports = [free_port() for _ in range(3)]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    watchers = Watchers(urls[1], urls[2], textfiles)
    with hook(watchers) as url, contextlib.ExitStack() as stack:
        closed = f"http://127.0.0.1:{free_port()}/"
        text = yaml.safe_dump(routing).replace("url: hook", f"url: {url}").replace("url: closed", f"url: {closed}")
        (folder / "alertmanager.yml").write_text(text)
        (folder / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "backups", "rules": rules}]}))
        (folder / "prometheus.yml").write_text(yaml.safe_dump(_prometheus(ports)))
        commands = (
            [exporter, "--collector.disable-defaults", "--collector.textfile",
             f"--collector.textfile.directory={textfiles}", f"--web.listen-address=127.0.0.1:{ports[0]}"],
            [manager, f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/alerts",
             f"--web.listen-address=127.0.0.1:{ports[2]}", "--cluster.listen-address="],
            [server, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             "--rules.alert.resend-delay=2s",
             f"--web.listen-address=127.0.0.1:{ports[1]}"],
        )  # fmt: skip
        for command, port in zip(commands, (ports[0], ports[2], ports[1]), strict=True):
            stack.enter_context(running(command, "127.0.0.1", port, folder))
        wait(lambda: Prometheus(watchers.prometheus, Settings()).alertmanagers())
        wait(lambda: Alertmanager(watchers.alertmanager, Settings()).alerts("a", "b") == ())
        yield watchers


@contextlib.contextmanager
def alone(folder: Path, watchers: Watchers, name: str) -> Iterator[str]:
    """Another `prometheus` with the same rules that tells nobody, or another `alertmanager`; yields its URL."""
    port, own = free_port(), folder / f"other-{name}"
    own.mkdir()
    if name == "prometheus":
        given = yaml.safe_load((folder / "prometheus.yml").read_text())
        del given["alerting"]
        (folder / "alone.yml").write_text(yaml.safe_dump(given))
        words = [f"--config.file={folder}/alone.yml", f"--storage.tsdb.path={own}"]
    else:
        words = [f"--config.file={folder}/alertmanager.yml", f"--storage.path={own}", "--cluster.listen-address="]
    command = [program("prometheus" if name == "prometheus" else "prometheus-alertmanager"), *words]
    with running([*command, f"--web.listen-address=127.0.0.1:{port}"], "127.0.0.1", port, own):
        yield f"http://127.0.0.1:{port}"


def wait(ready: Any, seconds: float = 60.0) -> None:
    """Wait until something is true and no `Unseen`."""
    deadline = time.monotonic() + seconds
    while not (found := ready()) or type(found).__name__ == "Unseen":
        if time.monotonic() > deadline:
            pytest.fail(f"it is not so: {found}")
        time.sleep(0.2)


@contextlib.contextmanager
def hook(watchers: Watchers) -> Iterator[str]:
    """A web hook that remembers what it is told."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            watchers.told.append(json.loads(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _prometheus(ports: list[int]) -> dict[str, Any]:
    return {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{ports[2]}"]}]}]},
        "scrape_configs": [{"job_name": "node", "static_configs": [{"targets": [f"127.0.0.1:{ports[0]}"]}]}],
    }
