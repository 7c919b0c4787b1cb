"""The shop as it is deployed: people log in through gunicorn, orders are paid, mails leave, strangers are refused."""

import base64
import hashlib
import hmac
import json
import os
import re
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
import redis
from psycopg.conninfo import make_conninfo

from prodproof.range import Range
from prodproof.range.components.application import Application
from prodproof.range.components.authority import PrivateAuthority
from prodproof.range.components.mail import Mail
from prodproof.range.components.object_store import ObjectStore
from prodproof.range.components.postgres import PORT as POSTGRES_PORT
from prodproof.range.components.postgres import Postgres
from prodproof.range.components.redis import PORT as REDIS_PORT
from prodproof.range.components.redis import Redis
from prodproof.range.components.repo import Repo
from prodproof.range.components.staging import Staging
from prodproof.range.components.tracker import Tracker
from prodproof.range.components.vault import ROTATION, Vault
from prodproof.range.places import HOST, INTERNAL_PORT, STAGING, STAGING_PORT, WEB_PORT, Form
from tests.range.parts import needs, range_of

STAFF = "sam.staff@harbour.example"
CUSTOMER = "ana.berg@customers.example"
MAIL_SECONDS = 20.0
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@pytest.fixture(
    scope="module", params=[Form.EMBEDDED, pytest.param(Form.FULL, marks=needs("postgres", "redis-server"))]
)
def harbour(request: pytest.FixtureRequest) -> Iterator[Range]:
    servers = (ObjectStore, Postgres, Redis) if request.param is Form.FULL else ()
    with range_of(request.param, PrivateAuthority, *servers, Vault, Mail, Repo, Tracker, Application, Staging) as made:
        yield made


class Visitor:
    """A browser behind the proxy, at an address."""

    def __init__(self, harbour: Range, address: str) -> None:
        places = harbour.places
        self.url = f"http://{places.inside}:{WEB_PORT}"
        self.headers = {
            "Host": places.url().removeprefix("https://"),
            "X-Forwarded-For": address,
            "X-Forwarded-Proto": "https",
            "Referer": places.url(),
        }
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, **form: str) -> httpx.Response:
        """One request; cookies are kept as over HTTPS, which the proxy ends."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = self.headers | {"Cookie": cookie}
        answer = httpx.request(method, f"{self.url}{path}", data=form or None, headers=headers, trust_env=False)
        for header in answer.headers.get_list("set-cookie"):
            name, _, value = header.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def send(self, path: str, **form: str) -> httpx.Response:
        """Fill in the form of a page."""
        token = TOKEN.search(self.ask("GET", path).text)
        assert token, path
        return self.ask("POST", path, csrfmiddlewaretoken=token[1], **form)


def code(secret: str) -> str:
    """What an authenticator shows now (RFC 6238)."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def test_staff_log_in_with_a_second_factor(harbour: Range) -> None:
    given, visitor = harbour.app.people, Visitor(harbour, harbour.places.office)
    answer = visitor.send("/accounts/login/", login=STAFF, password=given["HARBOUR_SEED_STAFF_PASSWORD"])
    assert answer.headers["location"].startswith("/accounts/2fa/authenticate/")
    assert visitor.ask("GET", "/admin/").status_code == 302
    visitor.send("/accounts/2fa/authenticate/", code=code(given["HARBOUR_SEED_STAFF_TOTP"]))
    assert visitor.ask("GET", "/admin/").status_code == 200


def test_an_order_is_placed_paid_and_confirmed_by_the_worker(harbour: Range) -> None:
    given = {**harbour.app.environment, **harbour.app.people}
    visitor, mail = Visitor(harbour, harbour.places.vantage), harbour.part(Mail)
    visitor.send("/accounts/login/", login=CUSTOMER, password=given["HARBOUR_SEED_CUSTOMER_PASSWORD"])
    page = visitor.ask("GET", "/orders/").text
    product = re.search(r'<option value="(\d+)">', page)
    assert product, page
    wanted = {"quantity": "2", "full_name": "Ana Berg", "street_address": "Quay 1", "phone": "5550100"}
    placed = visitor.send("/orders/", product=product[1], **wanted)
    assert placed.status_code == 302, placed.text
    order = int(placed.headers["location"].strip("/").rpartition("/")[2])
    amount = re.search(r'data-amount="(\d+)"', visitor.ask("GET", f"/orders/{order}/checkout/").text)
    assert amount
    notice = json.dumps({"number": f"notice-{order}", "order": order, "amount": int(amount[1])}).encode()
    signature = hmac.new(given["HARBOUR_PAYMENTS_WEBHOOK_KEY"].encode(), notice, hashlib.sha256).hexdigest()
    headers = visitor.headers | {"X-Payments-Signature": signature}
    paid = httpx.post(f"{visitor.url}/payments/paid/", content=notice, headers=headers, trust_env=False)
    assert paid.json() == {"settled": True}
    deadline = time.monotonic() + MAIL_SECONDS
    while not (found := [item for item in mail.messages() if str(order) in str(item["Subject"])]):
        assert time.monotonic() < deadline, (harbour.var / "log" / "worker.log").read_text()
        time.sleep(0.05)
    assert [item["X-Envelope-To"] for item in found] == [CUSTOMER]


def test_the_internal_service_refuses_who_has_no_token(harbour: Range) -> None:
    url = f"http://{harbour.places.inside}:{INTERNAL_PORT}/metrics"
    token = harbour.app.environment["HARBOUR_INTERNAL_TOKEN"]
    assert httpx.get(url, trust_env=False).status_code == 401
    answer = httpx.get(url, headers={"Authorization": f"Bearer {token}"}, trust_env=False)
    assert (answer.status_code, "harbour_http_requests_total{" in answer.text) == (200, True)


def test_commands_run_from_anywhere_with_the_environment_of_the_shop_alone(harbour: Range, tmp_path: Path) -> None:
    words = [str(harbour.directory / "bin" / "manage"), "diffsettings", "--default", "django.conf.global_settings"]
    strange = {"PATH": os.environ["PATH"], "HARBOUR_ORIGIN": "https://other.example", "DJANGO_SETTINGS_MODULE": "none"}
    done = subprocess.run(words, cwd=tmp_path, env=strange, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert f"ORIGIN = '{harbour.places.url()}'" in done.stdout
    harbour.app.refuse_commands()
    assert subprocess.run(words, env=strange, capture_output=True, timeout=60, check=False).returncode == 1
    harbour.mend()


def test_secrets_are_made_up_and_for_the_starter_alone(harbour: Range) -> None:
    file = harbour.etc / "application" / "environment"
    assert file.stat().st_mode & 0o777 == 0o600
    staging = harbour.part(Staging).deployment.environment
    same = {name for name, value in harbour.app.environment.items() if staging.get(name) == value}
    assert not {name for name in same if re.search("KEY|TOKEN|PASSWORD|TOTP", name)}


def test_staging_is_another_shop(harbour: Range) -> None:
    host = harbour.places.url(STAGING).removeprefix("https://")
    headers = {"Host": host, "X-Forwarded-Proto": "https", "X-Forwarded-For": harbour.places.vantage}
    answer = httpx.get(f"http://{harbour.places.inside}:{STAGING_PORT}/", headers=headers, trust_env=False)
    assert answer.status_code == 200
    assert "Skiff" not in answer.text
    assert httpx.get(answer.url, headers=headers | {"Host": HOST}, trust_env=False).status_code == 400


def test_a_change_of_the_settings_is_taken_up_and_mended(harbour: Range) -> None:
    def shown() -> str:
        return Visitor(harbour, harbour.places.vantage).ask("GET", "/no-such-page/").text

    assert "URLconf" not in shown()
    harbour.app.settings(DEBUG=True)
    assert harbour.settle() == {"application"}
    assert "URLconf" in shown()
    assert harbour.mend() == {"application"}
    assert "URLconf" not in shown()


def test_a_deployment_takes_up_what_the_repository_holds(harbour: Range) -> None:
    harbour.repo.replace("shop/views.py", '{"status": "ok"', '{"status": "fine"')
    assert harbour.settle() == {"repo"}
    harbour.app.deploy()
    assert harbour.settle() == {"application"}
    assert "fine" in Visitor(harbour, harbour.places.vantage).ask("GET", "/healthz").text
    harbour.mend()
    assert "ok" in Visitor(harbour, harbour.places.vantage).ask("GET", "/healthz").text


def connect(harbour: Range, role: str, database: str = "shop", **changes: str) -> psycopg.Connection:
    """A connection with the authority checked, unless `changes` say otherwise."""
    given = {
        "host": harbour.places.inside,
        "port": str(POSTGRES_PORT),
        "dbname": database,
        "user": role,
        "password": harbour.part(Postgres).password(role),
        "sslmode": "verify-full",
        "sslrootcert": str(harbour.part(PrivateAuthority).ca_file),
    }
    return psycopg.connect(make_conninfo(**(given | changes)))


@pytest.fixture
def full(harbour: Range) -> Range:
    if harbour.form is not Form.FULL:
        pytest.skip("the embedded form has no database server")
    return harbour


def test_each_role_can_do_what_it_is_for(full: Range) -> None:
    with connect(full, "shop") as shop:
        assert shop.execute("SELECT count(*) > 0 FROM shop_order").fetchone() == (True,)
        assert shop.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone() == (True,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            shop.execute("CREATE TABLE own (id int)")
    with connect(full, "backup", options="-c default_transaction_read_only=off") as backup:
        assert backup.execute("SELECT count(*) > 0 FROM shop_order").fetchone() == (True,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            backup.execute("DELETE FROM shop_order")
    with connect(full, "migrator") as migrator:
        owner = migrator.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'shop_order'").fetchone()
        assert owner == ("shop_owner",)


@pytest.mark.parametrize(
    ("role", "database", "changes"),
    [
        ("shop", "shop", {"sslmode": "disable"}),
        ("shop", "staging", {}),
        ("staging", "shop", {}),
        ("postgres", "postgres", {}),
    ],
)
def test_others_are_refused(full: Range, role: str, database: str, changes: dict[str, str]) -> None:
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
        connect(full, role, database, **changes)


def test_the_shop_can_do_with_redis_what_a_cache_needs(full: Range) -> None:
    with redis.Redis.from_url(full.part(Redis).variables()["HARBOUR_REDIS_URL"]) as shop:
        assert shop.set("a", 1) and shop.get("a") == b"1"
        for words in (("KEYS", "*"), ("ACL", "LIST"), ("FLUSHALL",), ("CONFIG", "GET", "*")):
            with pytest.raises(redis.ResponseError):
                shop.execute_command(*words)
    with redis.Redis(host=full.places.inside) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_they_are_published_by_a_fault_only(full: Range) -> None:
    def public() -> list[bool]:
        return [full.listens(full.places.outside_of, port) for port in (POSTGRES_PORT, REDIS_PORT)]

    assert public() == [False, False]
    full.part(Postgres).publish()
    full.part(Redis).publish()
    assert full.settle() == {"postgres", "redis"}
    assert public() == [True, True]
    full.mend()
    assert public() == [False, False]
    assert Visitor(full, full.places.vantage).ask("GET", "/healthz").status_code == 200


def logins(full: Range) -> set[str]:
    """Who of the shop has a session in the database."""
    with psycopg.connect(full.part(Postgres).url("keeper"), autocommit=True) as link:
        rows = link.execute("SELECT DISTINCT usename::text FROM pg_stat_activity WHERE application_name = 'shop'")
        return {str(row[0]) for row in rows.fetchall()}


def test_another_login_is_taken_up_without_a_restart_and_put_back_by_mending(full: Range) -> None:
    server, vault, visitor = full.part(Postgres), full.part(Vault), Visitor(full, full.places.vantage)
    serving = full.pids(full.app)
    with psycopg.connect(server.url("keeper"), autocommit=True) as link:
        link.execute("ALTER ROLE shop_b LOGIN PASSWORD 'another-password-for-tests'")
    given = {"data": {"password": "another-password-for-tests", "user": "shop_b"}}
    token = vault._log_in(ROTATION)
    vault._ask("POST", "secret/data/harbour/production/database", given, token)
    assert server.drifted() and vault.drifted()

    done = subprocess.run([full.directory / "bin" / "systemctl", "reload", "shop-agent"], timeout=60, check=False)
    assert done.returncode == 0
    with psycopg.connect(server.url("keeper"), autocommit=True) as link:
        link.execute("ALTER ROLE shop NOLOGIN PASSWORD NULL")
    until = time.monotonic() + 20
    while logins(full) != {"shop_b"} and time.monotonic() < until:
        assert visitor.ask("GET", "/healthz").status_code == 200
    assert logins(full) == {"shop_b"}
    assert full.app.environment["HARBOUR_DATABASE_PASSWORD"] == "another-password-for-tests"

    full.mend()
    assert not server.drifted() and not vault.drifted()
    assert full.app.environment["HARBOUR_DATABASE_USER"] == "shop"
    assert visitor.ask("GET", "/healthz").status_code == 200
    assert full.pids(full.app) == serving


def test_a_login_that_is_good_beside_the_other_is_put_back(full: Range) -> None:
    server = full.part(Postgres)
    server.let_both_in()
    assert server.drifted()
    full.mend()
    assert not server.drifted()


def test_what_drills_restart_is_another_process_that_serves(full: Range) -> None:
    systemctl, shop = full.directory / "bin" / "systemctl", full.var / "application" / "web.pid"
    redis_pid = full.part(Redis).pid_file
    before = redis_pid.read_text()
    for words in (("restart", "redis-server"), ("restart", "shop-web"), ("is-active", "--quiet", "shop-web")):
        assert subprocess.run([systemctl, *words], timeout=60, check=False).returncode == 0, words
    assert (
        subprocess.run([systemctl, "restart", "unknown"], capture_output=True, timeout=60, check=False).returncode == 5
    )
    until = time.monotonic() + 30
    visitor = Visitor(full, full.places.vantage)
    while visitor.ask("GET", "/healthz/cache").status_code != 200:
        assert time.monotonic() < until
    assert redis_pid.read_text() != before
    assert int(shop.read_text()) in full.pids(full.app)
