"""A small Django application under gunicorn, with its keys in an env file that each worker reads at its start.

`gunicorn tests.servers.django_app:application` with KEYS=FILE. On SIGHUP gunicorn starts new workers and lets the old
ones come to their end. A visitor gets a signed cookie, which must be accepted as long as any visitor has it.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.servers.login_app import LoginApp
from tests.servers.ports import free_port

START_SECONDS = 60.0
ROOT = Path(__file__).parent.parent.parent


def keys(file: Path) -> tuple[str, list[str]]:
    """Key and fallbacks."""
    lines = dict(line.split("=", 1) for line in file.read_text().splitlines())
    return lines["SECRET_KEY"], [item for item in lines["FALLBACKS"].strip('"').split(",") if item]


def made() -> Any:
    """The application, as a worker makes it."""
    from django.conf import settings
    from django.core import signing
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpRequest, HttpResponse
    from django.urls import path

    def signs(request: HttpRequest) -> HttpResponse:
        salt = "prodproof.rotation"
        if request.method != "POST":
            return HttpResponse(signing.dumps("x", salt=salt))
        try:
            signing.loads(request.POST["signed"], salt=salt)
        except signing.BadSignature:
            return HttpResponse(status=403)
        return HttpResponse("accepted")

    key, fallbacks = keys(Path(os.environ["KEYS"]))
    settings.configure(
        SECRET_KEY=key, SECRET_KEY_FALLBACKS=fallbacks, ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=sys.modules[__name__]
    )
    global urlpatterns
    urlpatterns = [path("", lambda request: HttpResponse("well")), path("signing", signs)]
    return get_wsgi_application()


urlpatterns: list[Any] = []


@contextmanager
def running(folder: Path, file: Path) -> Iterator[LoginApp]:
    """Start it with two workers, and stop it by its pid."""
    port = free_port()
    pid_file = folder / "app.pid"
    with open(folder / "app.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "tests.servers.django_app:made()", "--bind", f"127.0.0.1:{port}",
             "--workers", "2", "--threads", "4", "--pid", str(pid_file), "--worker-tmp-dir", str(folder)],
            stdout=log, stderr=log, cwd=ROOT, env={**os.environ, "KEYS": str(file), "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
    try:
        app = LoginApp(f"http://127.0.0.1:{port}/", pid_file)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                if httpx.get(app.url, timeout=5).status_code == 200:
                    break
            except httpx.HTTPError:
                pass
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the application did not start: {(folder / 'app.log').read_text()[-2000:]}")
            time.sleep(0.05)
        yield app
    finally:
        process.terminate()
        process.wait(20)
