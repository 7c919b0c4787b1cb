"""Every exit code and every format, as a user meets them."""

import json
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from prodproof.facts.alerting import AlertRule
from prodproof.guarantees import catalogue
from prodproof.ledger import open_ledger
from prodproof.probes.probe import registered
from prodproof.range.components.repo import Repo
from tests.cli.conftest import SYSTEM_FILE, Command
from tests.servers import postgres
from tests.servers.site import ADDRESS, HOST, STAGING, Page, Request, Site

ALERTS = ("--only", "monitoring.alerts-actionable")


def test_help_names_every_command_and_imports_no_room(prodproof: Command) -> None:
    answer = prodproof("--help")
    assert answer.code == 0
    assert all(f"\n  {name} " in answer.out for name in ("init", "verify", "gate", "doctor", "ledger", "demo"))
    code = (
        "import sys; sys.argv = ['prodproof', '--help']\n"
        "from prodproof.cli.main import run\n"
        "try: run()\n"
        "except SystemExit: print(sorted({'django', 'pydantic', 'httpx', 'rich', 'dns'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")


@pytest.mark.parametrize(
    "name", ["init", "verify", "gate", "doctor", "explain", "guarantees", "ledger", "trust", "demo"]
)
def test_every_command_has_help(prodproof: Command, name: str) -> None:
    answer = prodproof(name, "--help")
    assert answer.code == 0 and "Usage:" in answer.out


def test_the_catalogue_as_json(prodproof: Command) -> None:
    data = json.loads(prodproof("guarantees", "--format", "json").out)
    assert len(data) == len({item["id"] for item in data}) >= 150
    for item in data:
        assert set(item) == {
            "id", "area", "seeds", "proof", "must_be_true", "risk", "verified_by", "remedy", "severity",
            "good_for_seconds", "verifiable", "can_break",
        }  # fmt: skip
        assert all(item[key] for key in ("must_be_true", "risk", "verified_by", "remedy", "seeds"))
        assert item["can_break"] or not item["verifiable"]


def test_explain(prodproof: Command) -> None:
    answer = prodproof("explain", "exposure.hsts")
    assert answer.code == 0
    assert all(title in answer.out for title in ("must be true", "risk", "verified", "mend", "examples"))
    wrong = prodproof("explain", "exposure.hst")
    assert wrong.code == 2 and "did you mean exposure.hsts?" in wrong.err


def test_exit_0_when_everything_asked_holds(prodproof: Command, repo: Repo) -> None:
    answer = prodproof("verify", repo.directory, *ALERTS)
    assert answer.code == 0, answer.out
    assert "1 hold · 0 broken · 0 unknown" in answer.out
    assert (repo.directory / ".prodproof" / ".gitignore").read_text().strip() == "*"


def test_exit_1_when_something_is_broken(prodproof: Command, repo: Repo) -> None:
    repo.replace("monitoring/alerts.yml", "runbook_url:", "dashboard_url:")
    answer = prodproof("verify", repo.directory, *ALERTS)
    assert answer.code == 1
    assert "✗ alerts-actionable" in answer.out and "mend" in answer.out and "risk" in answer.out


def test_exit_3_when_something_is_unknown(prodproof: Command, repo: Repo) -> None:
    repo.garble("monitoring/alerts.yml")
    answer = prodproof("verify", repo.directory, *ALERTS)
    assert answer.code == 3
    assert "? alerts-actionable" in answer.out and "next" in answer.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["verify", "/no/such/place"], "does not exist"),
        (["verify", "ftp://shop.example"], "only http and https"),
        (["verify", "https://user:pass@shop.example"], "leave the password out"),
        (["verify", "https://"], "no usable host name"),
        (["verify", ".", "--only", "exposure.nothing"], "matches no guarantee"),
        (["verify", ".", "--area", "nothing"], "there is no area"),
        (["verify", ".", "--env", "moon"], "there is no environment"),
        (["verify", ".", "--resolve", "shop.example"], "write HOST=ADDRESS"),
        (["verify", ".", "--ca-file", "/no/such/file"], "is not a file"),
        (["verify", ".", "--since", "no-such-ref"], "there is no such commit"),
        (["verify", ".", "--format", "pdf"], "pdf"),
        (["verify", ".", "--no-such-option"], "--no-such-option"),
        (["gate", "https://shop.example"], "not about a bare URL"),
        (["gate", ".", "--release", "v99"], "there is no such commit"),
        (["gate", ".", "--release=--output=x"], "there is no such commit"),
        (["no-such-command"], "no-such-command"),
    ],
)
def test_exit_2_for_wrong_use(
    prodproof: Command, repo: Repo, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    monkeypatch.chdir(repo.directory)
    answer = prodproof(*arguments)
    assert answer.code == 2
    assert says in answer.err and "Traceback" not in answer.err


def test_exit_2_for_a_system_file_with_several_faults(prodproof: Command, repo: Repo) -> None:
    repo.write("prodproof.toml", SYSTEM_FILE + '\n[[entry_point]]\nurl = "shop.example"\npurpos = "the shop"\n')
    answer = prodproof("verify", repo.directory)
    assert answer.code == 2
    assert 'entry_point.url: "shop.example" has no scheme; write "https://shop.example"' in answer.err
    assert "purpose" in answer.err
    assert all(":" in line for line in answer.err.strip().splitlines())


def test_a_crashing_probe_is_unknown_with_a_report(
    prodproof: Command, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    alerting = next(probe for probe in registered() if AlertRule in probe.facts)

    def fails(about: object, world: object) -> None:
        secret = "hunter2-very-secret"
        raise ValueError(secret)

    failing = replace(alerting, observe=fails)  # type: ignore[arg-type]  # it never answers
    monkeypatch.setattr("prodproof.plan.plan.registered", lambda: (failing,))
    answer = prodproof("verify", repo.directory, *ALERTS)
    assert answer.code == 3 and "(crashed)" in answer.out
    reports = list((repo.directory / ".prodproof" / "crashes").iterdir())
    assert len(reports) == 1 and reports[0].stat().st_mode & 0o777 == 0o600
    text = reports[0].read_text()
    assert "ValueError" in text and "in fails" in text and "hunter2" not in text
    assert "hunter2" not in answer.out + answer.err


def test_exit_4_when_prodproof_itself_fails(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['prodproof', 'guarantees']\n"
        "import prodproof.cli.guarantees as g\n"
        "def fails(): raise RuntimeError('hunter2')\n"
        "g.catalogue = fails\n"
        "from prodproof.cli.main import run\nrun()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"TMPDIR": str(tmp_path)})
    assert done.returncode == 4
    assert "Traceback" not in done.stderr and "hunter2" not in done.stderr
    assert "RuntimeError" in next(tmp_path.iterdir()).read_text()


def test_exit_130_leaves_a_consistent_ledger(repo: Repo, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    code = f"""
import asyncio, sys
import prodproof.plan.plan as plan
from dataclasses import replace
from pathlib import Path
found = plan.registered()
async def hangs(about, world):
    Path({str(ready)!r}).touch()
    await asyncio.sleep(600)
slow = replace(found[-1], observe=hangs, time_limit=600.0)
plan.registered = lambda: (*found[:-1], slow)
sys.argv = ["prodproof", "verify", {str(repo.directory)!r}]
from prodproof.cli.main import run
run()
"""
    environment = {"PATH": "/usr/bin:/bin", "XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path)}
    child = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, env=environment)
    while not ready.exists() and child.poll() is None:
        time.sleep(0.05)
    time.sleep(1)
    child.send_signal(signal.SIGINT)
    try:
        _, errors = child.communicate(timeout=120)
    finally:
        child.kill()
    assert child.returncode == 130, errors
    assert "interrupted" in errors and "Traceback" not in errors
    with open_ledger(repo.directory / ".prodproof", system="harbour") as ledger:
        assert ledger.verify().problem is None
        assert ledger.head().sequence > 2


def test_formats(prodproof: Command, repo: Repo, tmp_path: Path) -> None:
    def report(format: str) -> str:
        answer = prodproof("verify", repo.directory, *ALERTS, "--format", format)
        assert answer.code == 0, answer.err
        return answer.out

    assert json.loads(report("json"))["schema"] == "prodproof/verify/1"
    assert json.loads(report("sarif"))["version"] == "2.1.0"
    assert ET.fromstring(report("junit")).tag == "testsuites"
    assert report("html").startswith("<!doctype html>")
    assert report("md").startswith("## prodproof")
    file = tmp_path / "deep" / "report.json"
    answer = prodproof("verify", repo.directory, *ALERTS, "--format", "json", "-o", file)
    assert answer.out == "" and json.loads(file.read_text())["summary"]["holds"] == 1
    refused = prodproof("verify", repo.directory, *ALERTS, "--format", "json", "-o", "/proc/no/report.json")
    assert refused.code == 2 and "cannot be written" in refused.err


def test_a_public_report_leaves_places_out(prodproof: Command, repo: Repo) -> None:
    repo.replace("monitoring/alerts.yml", "runbook_url:", "dashboard_url:")
    answer = prodproof("verify", repo.directory, *ALERTS, "--format", "json", "--public")
    assert answer.code == 1
    (item,) = json.loads(answer.out)["guarantees"]
    assert item["verdict"] == "broken" and "alerts.yml" not in answer.out and item["message"] == "broken"


def test_the_plan_looks_at_nothing(prodproof: Command, repo: Repo) -> None:
    answer = prodproof("verify", repo.directory, "--plan")
    assert answer.code == 0
    assert "look  alerting" in answer.out and "not-declared: no entry point" in answer.out
    assert not (repo.directory / ".prodproof").exists()


def test_an_unchanged_repository_is_not_read_again(
    prodproof: Command, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    pods = ("--only", "platform.kubernetes-hardened")
    assert prodproof("verify", repo.directory, *pods).code == 0
    kubernetes = next(probe for probe in registered() if probe.name == "kubernetes")

    def never(about: object, world: object) -> None:
        raise AssertionError("looked again")

    changed = replace(kubernetes, observe=never)  # type: ignore[arg-type]  # it never answers
    monkeypatch.setattr("prodproof.plan.plan.registered", lambda: (changed,))
    assert prodproof("verify", repo.directory, *pods).code == 0
    assert prodproof("verify", repo.directory, *pods, "--fresh").code == 3
    assert prodproof("verify", repo.directory, *pods, "--env", "production", "--rate", "5").code == 3, "not reused"
    monkeypatch.undo()
    assert prodproof("verify", repo.directory, *pods).code == 0
    monkeypatch.setattr("prodproof.plan.plan.registered", lambda: (changed,))
    (repo.directory / "README.md").write_text("changed")
    assert prodproof("verify", repo.directory, *pods).code == 3, "local changes are looked at"


def test_another_declaration_is_another_look(prodproof: Command, repo: Repo, tmp_path: Path) -> None:
    system = tmp_path / "prodproof.toml"
    head = 'version = 1\nname = "harbour"\n[[repository]]\npath = "harbour"\n'
    system.write_text(head)
    assert prodproof("verify", system, *ALERTS).code in (0, 3)
    system.write_text(head + '[monitoring]\nalert_rules = ["nowhere/*.yml"]\n')
    assert prodproof("verify", system, *ALERTS).code == 3


def test_gate_is_pinned_to_a_release(prodproof: Command, repo: Repo) -> None:
    before = prodproof("gate", repo.directory)
    assert before.code == 3 and "never-run" in before.out and "prodproof verify" in before.out
    assert prodproof("verify", repo.directory).code in (1, 3)
    go = prodproof("gate", repo.directory)
    assert go.code == 0 and go.out.rstrip().endswith("go: nothing in the scope stands in the way")
    assert f"outside the scope: {len(catalogue()) - 1}" in go.out
    repo.write("NEWS.md", "a new release")
    stale = prodproof("gate", repo.directory)
    assert stale.code == 3 and "(stale)" in stale.out and "to refresh: prodproof verify" in stale.out
    assert prodproof("gate", repo.directory, "--release", "HEAD~1").code == 0
    data = json.loads(prodproof("gate", repo.directory, "--format", "json").out)
    assert (data["schema"], data["go"], data["unknown"]) == ("prodproof/gate/1", False, 1)
    fresh = prodproof("gate", repo.directory, "--fresh")
    assert fresh.code == 0, fresh.out


def test_since_reports_only_what_is_new(prodproof: Command, repo: Repo) -> None:
    repo.replace("monitoring/alerts.yml", "runbook_url:", "dashboard_url:")
    old = prodproof("verify", repo.directory, *ALERTS, "--since", "HEAD", "--format", "json")
    assert old.code == 0 and json.loads(old.out)["guarantees"] == []
    new = prodproof("verify", repo.directory, *ALERTS, "--since", "HEAD~1", "--format", "json")
    assert new.code == 1
    (item,) = json.loads(new.out)["guarantees"]
    assert item["id"] == "monitoring.alerts-actionable" and item["verdict"] == "broken"


def test_what_is_no_longer_declared_is_said(prodproof: Command, repo: Repo) -> None:
    repo.write("prodproof.toml", SYSTEM_FILE + '\n[[zone]]\nname = "harbour.example"\nfile = "zone"\n')
    prodproof("verify", repo.directory, *ALERTS)
    repo.write("prodproof.toml", SYSTEM_FILE)
    assert "no longer declared since the last run: zone harbour.example" in prodproof(
        "verify", repo.directory, *ALERTS
    ).out.replace("\n", " ")


def test_doctor_says_what_to_paste(prodproof: Command, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo.directory)
    answer = prodproof("doctor", "exposure.no-stale-dns")
    assert answer.code == 0 and "[[zone]]" in answer.out and "for exposure.no-stale-dns" in answer.out
    host = '\n[[host]]\nname = "127.0.0.1"\nports = [{ number = 443, purpose = "site" }]\n'
    repo.write("prodproof.toml", SYSTEM_FILE + host)
    asked = prodproof("doctor", ".", "exposure.internal-services-unreachable")
    assert 'allow = ["port-scan"]' in asked.out
    repo.write("prodproof.toml", SYSTEM_FILE + host + 'allow = ["port-scan"]\n')
    trust = prodproof("doctor", ".", "exposure.internal-services-unreachable")
    assert "prodproof trust" in trust.out


def test_a_repository_without_a_system_file_is_verified_all_the_same(prodproof: Command, repo: Repo) -> None:
    repo.remove("prodproof.toml")
    answer = prodproof("verify", repo.directory, *ALERTS)
    assert "no prodproof.toml: what is declared was inferred" in answer.out
    assert not (repo.directory / ".prodproof").exists(), "state lies in the user's state directory then"


def test_a_bare_url_gets_only_what_a_browser_sends(
    prodproof: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(tmp_path / "site")
    asked: list[Request] = []
    answer = site.over_https

    def note(request: Request) -> Page:
        asked.append(request)
        return answer(request)

    monkeypatch.setattr(site, "over_https", note)
    options = ("--ca-file", site.authority.ca_file, "--resolve", f"{HOST}={ADDRESS}", "--format", "json")
    try:
        ran = prodproof("verify", site.url(), *options, "--resolve", f"{STAGING}={ADDRESS}", "--area", "exposure")
    finally:
        site.stop()
    by_id = {item["id"]: item for item in json.loads(ran.out)["guarantees"]}
    assert by_id["exposure.hsts"]["verdict"] == "holds"
    assert by_id["exposure.admin-restricted"]["reason_code"] == "not-permitted"
    assert {request.headers["host"].partition(":")[0] for request in asked} == {HOST}
    assert {request.method for request in asked} <= {"GET", "HEAD", "PROPFIND", "OPTIONS"}
    assert not any("forwarded" in name for request in asked for name in request.headers)
    assert all("prodproof" in request.headers["user-agent"] for request in asked)


def test_the_same_commands_on_postgresql(prodproof: Command, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    with postgres.running() as server:
        monkeypatch.setenv("PRODPROOF_DATABASE_URL", server.create_database("evidence"))
        assert prodproof("verify", repo.directory).code in (1, 3)
        assert prodproof("gate", repo.directory).code == 0
        assert prodproof("doctor", repo.directory).code == 0
        verified = prodproof("ledger", "verify", "--state", repo.directory / ".prodproof")
        assert verified.code == 0, verified.err
    assert not (repo.directory / ".prodproof" / "ledger.sqlite3").exists()
