"""Other credentials than those of PostgreSQL, and other stores than a file, are rotated under load."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.signing import TimestampSigner

from prodproof.facts.declared import Declared, RotationKind, SecretRotation
from prodproof.facts.drills import DrillOutcome, DrillRun
from prodproof.facts.rotations import RotationTested
from prodproof.reach.world import Settings, World
from tests.drills.rotations import PLACE, Rotation, declared, dropped, kept_in_vault, planned, prepared, served
from tests.drills.test_rotate import after_record, timeline
from tests.runner.drill_records import Memory
from tests.servers import django_app, login_app, postgres, redis
from tests.servers.authority import Authority
from tests.servers.authority import commands as authority_commands
from tests.servers.ports import free_port
from tests.servers.tokens import Tokens, commands

PASSWORD = "old-password-for-tests"
OLD_KEY = "old-key-of-the-tests"


def proven(system: Declared) -> tuple[DrillRun, RotationTested]:
    run, fact = Rotation(system).forward()
    assert run.outcome is DrillOutcome.PROVEN and run.left == (), timeline(run)
    assert fact.load is not None and fact.load.failed == 0 and fact.load.requests >= fact.load.wanted
    return run, fact


@contextmanager
def shop_on_redis(folder: Path, *habits: str, **changes: Any) -> Iterator[tuple[redis.RedisServer, Declared]]:
    with redis.running(folder) as server:
        admin = server.client()
        admin.execute_command("ACL", "SETUSER", "shop_a", "on", f">{PASSWORD}", "~shop:*", "+@all", "-@dangerous")
        admin.close()
        (folder / "login").write_text(f"redis://shop_a:{PASSWORD}@127.0.0.1:{server.port}/0")
        (folder / "admin").write_text(server.url)
        with login_app.running(folder, folder / "login", *habits) as app:
            made: dict[str, Any] = {
                "kind": RotationKind.REDIS, "admin": "file:admin", "users": ("shop_a", "shop_b"), "load_url": app.url,
                "load_rate": 60.0, "load_requests": 120, "pick_up_url": f"{app.url}reload", "pick_up_within": 3.0,
                "quiet": 0.7,
            }  # fmt: skip
            yield server, declared(folder, SecretRotation(**{**made, **changes}))


def test_a_login_of_redis_is_rotated(tmp_path: Path) -> None:
    with shop_on_redis(tmp_path) as (server, system):
        _, fact = proven(system)
        assert (fact.old, fact.new, fact.picked_up_by) == ("shop_a", "shop_b", "url")
        client = server.client()
        users = {line.split()[1]: "on" in line.split() for line in client.acl_list()}
        client.close()
        assert users == {"default": True, "shop_a": False, "shop_b": True}
        assert "user shop_b on" in (tmp_path / "users.acl").read_text(), "it outlives a restart"


def test_an_application_of_redis_that_reads_its_password_only_at_start_is_found(tmp_path: Path) -> None:
    with shop_on_redis(tmp_path, "at-start", pick_up_within=1.5) as (_, system):
        run, fact = Rotation(system).forward()
    assert run.outcome is DrillOutcome.FAILED and "reads it only at its start" in run.detail, timeline(run)
    assert (fact.used, run.left) == (False, ())
    assert (tmp_path / "login").read_text().startswith("redis://shop_a:")


@contextmanager
def shop_with_tokens(folder: Path, *habits: str, **changes: Any) -> Iterator[tuple[Tokens, Declared]]:
    tokens = Tokens(folder / "service")
    (folder / "service").mkdir()
    tokens.put("token-old")
    (folder / "login").write_text("token-old")
    with login_app.running(folder, folder / "login", f"tokens={folder / 'service'}", *habits) as app:
        programs = {
            name: ("env", f"PYTHONPATH={Path.cwd()}", *words) for name, words in commands(folder / "service").items()
        }
        made: dict[str, Any] = {
            "kind": RotationKind.COMMAND, "load_url": app.url, "load_rate": 60.0, "load_requests": 120,
            "pick_up": ("sh", "-c", "kill -HUP $(cat app.pid)"), "pick_up_within": 6.0, "quiet": 1.5,
            **programs,
        }  # fmt: skip
        yield tokens, declared(folder, SecretRotation(**{**made, **changes}))


def test_a_token_is_rotated_by_the_teams_own_programs(tmp_path: Path) -> None:
    with shop_with_tokens(tmp_path) as (tokens, system):
        _, fact = proven(system)
        assert fact.picked_up_by == "command"
        (left,) = tokens.all()
        assert (tmp_path / "login").read_text().strip() == left != "token-old"


def test_what_cannot_be_made_good_again_is_retired_only_with_leave(tmp_path: Path) -> None:
    with shop_with_tokens(tmp_path, restore=()) as (_, system):
        (step,) = planned(system).irreversible
    assert step.name == "retire" and "no `restore` is declared" in step.irreversible


def test_a_token_that_is_made_and_then_not_used_is_taken_back(tmp_path: Path) -> None:
    with shop_with_tokens(tmp_path, "at-start", pick_up_within=2.0) as (tokens, system):
        run, _ = Rotation(system).forward()
        assert run.outcome is DrillOutcome.FAILED and run.left == (), timeline(run)
        assert tokens.all() == ["token-old"]
        assert (tmp_path / "login").read_text().strip() == "token-old"


@contextmanager
def shop_on_django(folder: Path, fallbacks: str = "", **changes: Any) -> Iterator[tuple[str, Declared]]:
    (folder / "keys").write_text(f"SECRET_KEY=old-key-of-the-tests\nFALLBACKS={fallbacks}\n")
    with django_app.running(folder, folder / "keys") as app:
        made: dict[str, Any] = {
            "kind": RotationKind.DJANGO_KEY, "fallbacks_ref": "file:keys#FALLBACKS", "signing_url": f"{app.url}signing",
            "load_url": app.url, "load_rate": 40.0, "load_requests": 200, "pick_up_pid_file": "app.pid",
            "pick_up_within": 40.0, "quiet": 1.5,
        }  # fmt: skip
        system = declared(folder, SecretRotation(**{**made, **changes}), ref="file:keys#SECRET_KEY")
        yield app.url, system


def signed(key: str) -> dict[str, str]:
    return {"signed": TimestampSigner(key=key, salt="prodproof.rotation", fallback_keys=[]).sign_object("a visitor")}


def test_the_key_of_django_is_rotated_by_way_of_its_fallbacks(tmp_path: Path) -> None:
    with shop_on_django(tmp_path) as (url, system):
        assert httpx.post(f"{url}signing", data=signed(OLD_KEY)).status_code == 200
        memory = Memory()
        between: list[int] = []

        def ask() -> None:
            new = django_app.keys(tmp_path / "keys")[0]
            between.extend(httpx.post(f"{url}signing", data=signed(key)).status_code for key in (OLD_KEY, new))

        after_record(memory, "prove used", ask)
        run, fact = Rotation(system, memory).forward()
        assert run.outcome is DrillOutcome.PROVEN and run.left == (), timeline(run)
        assert between == [200, 200], "visitors of both kinds are known as long as there are both keys"
        key, fallbacks = django_app.keys(tmp_path / "keys")
        assert key != OLD_KEY and fallbacks == [] and fact.load is not None and fact.load.failed == 0
        statuses = [httpx.post(f"{url}signing", data=signed(item)).status_code for item in (OLD_KEY, key)]
    assert statuses == [403, 200]


def test_a_key_that_is_still_a_fallback_is_found(tmp_path: Path) -> None:
    with shop_on_django(tmp_path, "leaked-long-ago") as (_, system):
        run, fact = Rotation(system).forward()
    assert run.outcome is DrillOutcome.FAILED and "1 earlier keys are still accepted" in run.detail, timeline(run)
    assert fact.new is None and (tmp_path / "keys").read_text().startswith(f"SECRET_KEY={OLD_KEY}")


def test_a_key_that_is_not_picked_up_goes_back(tmp_path: Path) -> None:
    with shop_on_django(tmp_path, pick_up_pid_file=None, pick_up_within=2.0) as (_, system):
        run, _ = Rotation(system).forward()
    assert run.outcome is DrillOutcome.NOT_PROVEN and "its answer is not yet: accepted" in run.detail, timeline(run)
    assert run.left == () and django_app.keys(tmp_path / "keys") == (OLD_KEY, [])


NGINX = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.pem;
        location / {{ return 200 "well"; }}
    }}
}}
"""


@contextmanager
def shop_behind_nginx(folder: Path, **changes: Any) -> Iterator[tuple[Authority, Declared]]:
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/bin")
    if program is None:
        pytest.skip("nginx is not installed (Debian: nginx-light)")
    authority, port = Authority(folder), free_port()
    (folder / "server.pem").write_text(authority.issue(7))
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    with open(folder / "nginx.log", "wb") as log:
        nginx = subprocess.Popen([program, "-c", str(folder / "nginx.conf")], stdout=log, stderr=log)
    try:
        url = f"https://localhost:{port}/"
        made: dict[str, Any] = {
            "kind": RotationKind.TLS, "served_url": url, "load_url": url, "load_rate": 40.0, "load_requests": 120,
            "pick_up_pid_file": "nginx.pid", "pick_up_within": 5.0, "quiet": 0.7, **authority_commands(folder),
        }  # fmt: skip
        system = declared(folder, SecretRotation(**{**made, **changes}), ref="file:server.pem")
        deadline = time.monotonic() + 20
        while not (folder / "nginx.pid").exists() or not (folder / "nginx.pid").read_text().strip():
            assert nginx.poll() is None and time.monotonic() < deadline, (folder / "nginx.log").read_text()
            time.sleep(0.05)
        yield authority, system
    finally:
        nginx.terminate()
        nginx.wait(10)


def test_the_key_of_a_tls_server_is_rotated(tmp_path: Path) -> None:
    with shop_behind_nginx(tmp_path) as (authority, system):
        run, fact = Rotation(system, settings=Settings(ca_file=tmp_path / "ca.pem")).forward()
    assert run.outcome is DrillOutcome.PROVEN and run.left == (), timeline(run)
    assert fact.load is not None and fact.load.failed == 0
    assert fact.old == "serial 7" and authority.revoked() == {"7"}
    assert (tmp_path / "server.pem").read_text().strip() == next(tmp_path.glob("issued-*")).read_text().strip()


def test_a_tls_server_that_does_not_read_its_new_key_is_found(tmp_path: Path) -> None:
    with shop_behind_nginx(tmp_path, pick_up_pid_file=None, pick_up_within=1.5) as (authority, system):
        (tmp_path / "old").write_text((tmp_path / "server.pem").read_text())
        run, fact = Rotation(system, settings=Settings(ca_file=tmp_path / "ca.pem")).forward()
    assert run.outcome is DrillOutcome.FAILED and run.detail.startswith("used: "), timeline(run)
    assert (fact.used, run.left) == (False, ()) and "7" not in authority.revoked()
    assert (tmp_path / "server.pem").read_text().strip() == (tmp_path / "old").read_text().strip()


def test_programs_that_are_missing_are_found_before_anything_is_done(tmp_path: Path) -> None:
    rotation = SecretRotation(
        kind=RotationKind.COMMAND,
        load_command=("true",),
        create=("no-such-program",),
        retire=("sh",),
        attempt=("./try",),
        used=("./count",),
    )
    system = declared(tmp_path, rotation)
    (tmp_path / "count").touch(mode=0o755)
    world = World(declared=system, now=datetime.now(UTC))
    assert [line.split()[2] for line in planned(system).exercise.lacks(world)] == ["./try", "no-such-program"]


# ---- stores


def test_a_login_in_a_line_of_an_env_file(server: postgres.PostgresServer, tmp_path: Path) -> None:
    shop = prepared(server, tmp_path, "shop")
    kept = '# what the shop needs\nexport DEBUG=0\nDATABASE_URL="{}"\nOTHER=1\n'
    shop.file.write_text(kept.format(shop.login))
    try:
        with served(shop, tmp_path) as system:
            secret = replace(system.secrets[0], ref="file:login#DATABASE_URL")
            proven(replace(system, secrets=(secret,), all_secrets=(secret,)))
        lines = shop.file.read_text().splitlines()
    finally:
        dropped(shop)
    assert [lines[0], lines[1], lines[3]] == ["# what the shop needs", "export DEBUG=0", "OTHER=1"]
    assert lines[2].startswith("DATABASE_URL=postgresql://shop_b:")
    assert shop.file.stat().st_mode & 0o777 == 0o600


def test_a_user_and_a_password_in_vault(server: postgres.PostgresServer, tmp_path: Path) -> None:
    shop = prepared(server, tmp_path, "shop")
    try:
        with kept_in_vault(shop, tmp_path) as (manager, system):
            before = manager.ask("GET", PLACE)["data"]["data"]
            proven(system)
            now = manager.ask("GET", PLACE)["data"]["data"]
            assert (now["user"], now["pool"]) == ("shop_b", "4") and now["password"] != before["password"]
            assert manager.ask("LIST", "secret/metadata/shop")["data"]["keys"] == ["database"], "no note is left"
        assert shop.valid() == ["shop_b"]
    finally:
        dropped(shop)
