"""How gunicorn runs, for visitors and for our own services. Address and certificate come from the command line."""

import os
import ssl
from collections.abc import Callable

import gunicorn
from prometheus_client import multiprocess

gunicorn.SERVER = "harbour"  # the product and its version are nobody's business
workers = int(os.environ.get("HARBOUR_WORKERS", "2"))
worker_tmp_dir = "/dev/shm"  # nosec B108: gunicorn's heartbeat, in memory
control_socket_disable = True
timeout = 30
graceful_timeout = 20
max_requests = 10_000
max_requests_jitter = 1_000


def child_exit(server: object, worker: object) -> None:
    """The numbers of a worker that ended stay, its gauges go."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.mark_process_dead(worker.pid)


def ssl_context(config: object, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """Where gunicorn ends TLS itself (--certfile, --keyfile): modern protocols, authenticated encryption only."""
    context = default()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    return context
