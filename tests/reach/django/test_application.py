"""The collector, run for real in a Django project, and what becomes of it where it cannot run."""

import hashlib
import hmac
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts import Reason, Unseen
from prodproof.facts.codec import decode, encode
from prodproof.facts.declared import DjangoApp
from prodproof.facts.django import Csrf, DeployCheck, DjangoSettings, PersonalModels, UrlRoute, UrlTable
from prodproof.reach.django import application as reach
from prodproof.reach.django.application import ask, harmless, payload, read_reply
from prodproof.reach.process import Finished
from tests.reach.django.hard import write

KEY = b"0123456789abcdef"
OTHERS = os.environ.get("PRODPROOF_DJANGO_PYTHONS", "").split(os.pathsep)


def app(*manage: str) -> DjangoApp:
    return DjangoApp(environment="production", manage=manage)


@pytest.fixture(
    scope="module", params=[sys.executable, *filter(None, OTHERS)], ids=lambda path: Path(path).parent.parent.name
)
def answer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The collector's answer from this interpreter; from others too if PRODPROOF_DJANGO_PYTHONS names them."""
    directory = write(tmp_path_factory.mktemp("hard"))
    found = ask(app(request.param, "manage.py"), directory, KEY)
    assert isinstance(found, dict), found
    return found


def routes(answer: dict[str, Any]) -> dict[str, UrlRoute]:
    table = decode(UrlTable, answer["urls"])
    return {route.name: route for route in table.routes}


def test_every_part_is_read_and_survives_the_ledger(answer: dict[str, Any]) -> None:
    assert answer["failed"] == {}
    for kind, part in (
        (DjangoSettings, "settings"),
        (UrlTable, "urls"),
        (PersonalModels, "models"),
        (DeployCheck, "deploy"),
    ):
        fact = decode(kind, answer[part])
        assert decode(kind, encode(fact)) == fact


def test_settings_are_those_after_the_last_overwriting(answer: dict[str, Any]) -> None:
    settings = decode(DjangoSettings, answer["settings"])
    assert settings.value("DEBUG") is False
    assert settings.values("ALLOWED_HOSTS") == ("shop.example",)
    assert settings.value("CSRF_COOKIE_SECURE") is True
    assert settings.module == "hard.settings"


def test_no_secret_leaves_the_application(answer: dict[str, Any]) -> None:
    text = str(answer)
    assert "planted" not in text
    shapes = {shape.name: shape for shape in decode(DjangoSettings, answer["settings"]).secrets}
    assert {"SECRET_KEY", "EMAIL_HOST_PASSWORD", "DATABASES.default.PASSWORD"} <= shapes.keys()
    assert len(shapes["SECRET_KEY"].fingerprint) == 32
    assert shapes["SECRET_KEY"].length == "32-49"


def test_passwords_within_urls_are_parts_of_their_own(answer: dict[str, Any]) -> None:
    found = {
        (item.name, item.component): item.fingerprint for item in decode(DjangoSettings, answer["settings"]).secrets
    }
    for name, password in (
        ("BROKER_URL", "planted-broker-password"),
        ("CACHES.default.LOCATION", "planted-cache-password"),
    ):
        expected = hmac.new(KEY, password.encode(), hashlib.sha256).hexdigest()[:32]
        assert found[name, "password"] == expected
    assert len(found) == len(decode(DjangoSettings, answer["settings"]).secrets)


def test_secrets_of_the_environment_are_known_by_variable(tmp_path: Path) -> None:
    variables = {
        "SHOP_API_TOKEN": "planted-token",
        "SHOP_URL": "postgres://u:planted-word@db/x",
        "SHOP_TOKEN_FILE": "/x",
    }
    found = ask(app(sys.executable, "manage.py"), write(tmp_path), KEY, {**os.environ, **variables})
    assert isinstance(found, dict), found
    assert "planted" not in str(found)
    named = {(item.name, item.component) for item in decode(DjangoSettings, found["settings"]).variables}
    assert {("SHOP_API_TOKEN", ""), ("SHOP_URL", "password")} <= named
    assert not any(name == "SHOP_TOKEN_FILE" for name, _ in named)


@pytest.mark.parametrize(
    ("name", "csrf", "lost"),
    [
        ("plain", Csrf.PROTECTED, False),
        ("exempt", Csrf.EXEMPT, False),
        ("exempt_lost", Csrf.PROTECTED, True),
        ("exempt_kept", Csrf.EXEMPT, False),
        ("exempt_protected", Csrf.DECORATED, False),
        ("exempt_cookie_only", Csrf.EXEMPT, False),
        ("class_plain", Csrf.PROTECTED, False),
        ("class_exempt", Csrf.EXEMPT, False),
        ("class_wrapped", Csrf.EXEMPT, False),
        ("class_vain", Csrf.PROTECTED, True),
        ("callable", Csrf.EXEMPT, False),
    ],
)
def test_effective_exemptions(answer: dict[str, Any], name: str, csrf: Csrf, lost: bool) -> None:
    route = routes(answer)[name]
    assert (route.csrf, route.exempt_lost) == (csrf, lost)


@pytest.mark.parametrize(
    ("name", "access", "requirement"),
    [
        ("plain", "open", ""),
        ("logged_in", "login", "login_required"),
        ("logged_in_careless", "login", "login_required"),
        ("permitted", "permission", "permission_required(hard.change_customer)"),
        ("staff", "staff", "staff_member_required"),
        ("tested", "custom", "user_passes_test(hard.views.<lambda>)"),
        ("owned", "custom", "hard.decorators.require_owner"),
        ("class_login", "login", "login_required"),
        ("class_post_login", "open", "login_required on POST"),
    ],
)
def test_what_a_view_asks_of_its_caller(answer: dict[str, Any], name: str, access: str, requirement: str) -> None:
    route = routes(answer)[name]
    assert route.access == access
    assert requirement in (*route.requirements, "")


def test_the_admin_site_is_known_and_guarded(answer: dict[str, Any]) -> None:
    table = decode(UrlTable, answer["urls"])
    index = table.named("admin:index")
    assert index is not None and index.admin and index.access == "staff"
    assert table.admin_paths() == ("/admin/",)


def test_rest_views_are_told_apart(answer: dict[str, Any]) -> None:
    found = routes(answer)
    if "rest_sessions" not in found:
        pytest.skip("Django REST framework is not installed there")
    expected = {
        "rest_sessions": Csrf.FRAMEWORK_SESSION,
        "rest_tokens": Csrf.FRAMEWORK_NO_COOKIE,
        "rest_weakened": Csrf.EXEMPT,
        "rest_nobody": Csrf.FRAMEWORK_NO_COOKIE,
    }
    assert {name: found[name].csrf for name in expected} == expected


def test_samples_lead_to_their_routes(answer: dict[str, Any]) -> None:
    found = routes(answer)
    assert found["owned"].sample == "/owned/1/"
    assert found["odd"].sample in ("/odd/2026-only/", "/odd/2026-these/")
    assert found["odd"].path is None
    assert found["hook"].methods == ("POST",)
    assert "text:signature" in found["hook"].touches


def test_personal_fields(answer: dict[str, Any]) -> None:
    models = {model.label: model for model in decode(PersonalModels, answer["models"]).models}
    assert {field.name: field.category for field in models["hard.Customer"].fields} == {
        "full_name": "identity",
        "mail": "contact",
        "birth_date": "birth",
    }


def test_the_key_travels_over_standard_input_only(tmp_path: Path) -> None:
    arguments = tmp_path / "arguments"
    script = tmp_path / "manage"
    script.write_text(f'#!/bin/sh\necho "$@" > {arguments}\ncat > {tmp_path}/stdin\n')
    script.chmod(0o755)
    assert isinstance(ask(app(str(script)), tmp_path, KEY), Unseen)
    assert KEY.hex() not in arguments.read_text()
    assert KEY.hex() in (tmp_path / "stdin").read_text()


def test_the_payload_is_one_line_and_plain() -> None:
    line = payload(KEY, "marker")
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert line.isascii()


def test_the_collector_keeps_to_old_syntax() -> None:
    old = os.environ.get("PRODPROOF_OLD_PYTHON")
    if not old:
        pytest.skip("PRODPROOF_OLD_PYTHON names no Python 3.6")
    code = f"compile(open({str(reach.COLLECTOR)!r}).read(), 'collector', 'exec')"
    assert subprocess.run([old, "-c", code], check=False).returncode == 0


def shell(text: str) -> tuple[str, ...]:
    return ("sh", "-c", f"cat > /dev/null; {text}")


@pytest.mark.parametrize(
    ("manage", "reason"),
    [
        (("no-such-program-anywhere",), Reason.TOOL_MISSING),
        ((sys.executable, "manage.py"), Reason.UNREACHABLE),
        (
            shell("echo 'permission denied while connecting to the Docker daemon' >&2; exit 1"),
            Reason.DENIED,
        ),
        (shell("echo 'Error from server (Forbidden): pods is forbidden' >&2; exit 1"), Reason.DENIED),
        (shell("echo 'service \"web\" is not running' >&2; exit 1"), Reason.UNREACHABLE),
        (shell("echo 'ssh: Could not resolve hostname app' >&2; exit 255"), Reason.UNREACHABLE),
        (shell("echo \"ModuleNotFoundError: No module named 'django'\" >&2; exit 1"), Reason.TOOL_MISSING),
        (shell("echo 'Traceback (most recent call last):' >&2; echo 'KeyError: X' >&2; exit 1"), Reason.INCOMPLETE),
        (shell("echo hello"), Reason.INCOMPLETE),
        (shell("exit 127"), Reason.TOOL_MISSING),
    ],
)
def test_why_there_is_no_answer(tmp_path: Path, manage: tuple[str, ...], reason: Reason) -> None:
    found = ask(app(*manage), tmp_path)
    assert isinstance(found, Unseen)
    assert found.why is reason, found.detail
    assert "\n" not in found.detail


def test_an_application_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "TIME_LIMIT", 0.2)
    found = ask(app("sh", "-c", "sleep 60"), tmp_path)
    assert isinstance(found, Unseen) and found.why is Reason.TIMED_OUT


def test_an_application_that_prints_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "MAX_REPLY", 100_000)
    found = ask(app(*shell("yes")), tmp_path)
    assert isinstance(found, Unseen) and found.why is Reason.INCOMPLETE


def test_a_crash_at_the_start_names_the_cause_and_no_secret(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "hard/overrides.py").write_text(
        "raise RuntimeError('cannot connect to postgres://shop:planted-password@db/x')\n"
    )
    found = ask(app(sys.executable, "manage.py"), tmp_path)
    assert isinstance(found, Unseen) and found.why is Reason.INCOMPLETE
    assert "RuntimeError" in found.detail
    assert "planted" not in found.detail


def test_one_failing_part_costs_only_itself(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "hard/urls.py").write_text("import no_such_module\n")
    found = ask(app(sys.executable, "manage.py"), tmp_path)
    assert isinstance(found, dict)
    assert decode(DjangoSettings, found["settings"]).value("DEBUG") is False
    assert "no_such_module" in str(found["urls"]["unresolved"])


def test_a_missing_directory(tmp_path: Path) -> None:
    found = ask(DjangoApp(environment="production", manage=("true",), directory="nowhere"), tmp_path)
    assert isinstance(found, Unseen) and found.why is Reason.UNREACHABLE


@pytest.mark.parametrize(
    "damage",
    [
        lambda out: out[:-200],
        lambda out: out.replace(b"DEBUG", b"DEBUT"),
        lambda out: out.replace(b":begin:", b":begun:"),
    ],
)
def test_a_damaged_reply_is_no_answer(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    write(tmp_path)
    command = [sys.executable, "manage.py", "shell"]
    done = subprocess.run(command, cwd=tmp_path, input=payload(b"", "mark"), capture_output=True, check=True)
    assert isinstance(read_reply(Finished(0, done.stdout, b""), "mark"), dict)
    assert isinstance(read_reply(Finished(0, damage(done.stdout), b""), "mark"), Unseen)


@given(st.binary(max_size=400), st.binary(max_size=200), st.integers(0, 255))
def test_any_reply_is_read_without_an_exception(stdout: bytes, stderr: bytes, code: int) -> None:
    begun = b"\nmark:begin:10:" + b"0" * 64 + b"\n" + stdout
    for out in (stdout, begun):
        assert isinstance(read_reply(Finished(code, out, stderr), "mark"), Unseen)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("KeyError: 'DATABASE_URL'", "KeyError: 'DATABASE_URL'"),
        ("ModuleNotFoundError: No module named 'shop.local'", "ModuleNotFoundError: No module named 'shop.local'"),
        ("ValueError: bad key 'sk_live_4eC39H'", "ValueError: bad key '(withheld)'"),
        ("could not connect to amqp://u:p@h/x", "could not connect to amqp://h/x"),
        ("password=hunter2 refused", "password=(withheld) refused"),
        ("token 0123456789abcdef0123456789abcdef", "token (withheld)"),
    ],
)
def test_what_is_shown_of_a_foreign_line(line: str, expected: str) -> None:
    assert harmless(line) == expected


@given(st.text(max_size=300))
def test_shown_lines_are_inert(text: str) -> None:
    assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in harmless(text))
