"""Canaries through what fails, against a small application that writes real logs and an error tracker."""

import json
import os
import re
import secrets
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, unquote

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.codec import encode
from prodproof.facts.declared import Declared, EntryPoint, Environment, Log, Permission
from prodproof.facts.declared import Secret as DeclaredSecret
from prodproof.facts.output import CanarySearch, LogSearch, ProcessSearch, Way
from prodproof.guarantees.secrets import not_in_output
from prodproof.probes import logs, output, processes
from prodproof.reach.world import Settings, World
from prodproof.verdicts import Kind, Result
from tests.judging import judged
from tests.probes.running import survey_of
from tests.servers.site import ADDRESS, HOST, Page, Request, Site, html
from tests.servers.tracker import Tracker

ID = "secrets.not-in-output"


class Failing:
    """An application with two logs. What it leaks, and where, is up to the test."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self.log, self.access = directory / "app.log", directory / "access.log"
        self.log.write_text("an old line\n")
        self.access.write_text("")
        self.leaks: dict[str, str] = {}
        """Texts that are written into the log, by name of what they are made of."""
        self.echoes = False
        self.requests: list[Request] = []

    def answer(self, request: Request) -> Page:
        self.requests.append(request)
        target = request.path + (f"?{request.query}" if request.query else "")
        agent = request.headers["user-agent"]
        self._write(self.access, f'127.0.0.1 - - [now] "{request.method} {target} HTTP/1.1" 500 0 "-" "{agent}"')
        fields = parse_qs(request.body.decode("latin-1"))
        if request.path == "/fail-job":
            self._write(
                self.log, f"a job failed: {fields['note'][0]}" + self.leaks.get("job", "").format(fields["token"][0])
            )
            return Page(202)
        if request.path in ("/fail", "/fail-database"):
            self._write(self.log, f"Traceback: {agent} {self._leaked(request)}")
            return Page(500, html("Sorry", self._leaked(request) if self.echoes else ""))
        self._write(self.log, f"Not Found: {re.sub('[A-Za-z0-9]{30,}', '[redacted]', request.path)}")
        return Page(404, html("Not found"))

    def _leaked(self, request: Request) -> str:
        header = request.headers.get("authorization", "")
        return " ".join(
            (
                self.leaks.get("header", "").format(header),
                self.leaks.get("base64", "").format(b64encode(header.encode()).decode()),
                self.leaks.get("query", "").format(request.query),
                self.leaks.get("body", "").format(request.body.decode("latin-1")),
            )
        )

    def _write(self, file: Path, line: str) -> None:
        with file.open("a") as opened:
            opened.write(line + "\n")


class Scene:
    """The application behind a site, with what is declared of it."""

    def __init__(self, directory: Path) -> None:
        self.site = Site(directory)
        self.app = Failing(directory / "logs")
        self.site.main.pages, self.site.main.fallback = {}, self.app.answer
        self.point = EntryPoint(
            url=self.site.url(),
            error_path="/fail",
            task_error_path="/fail-job",
            database_error_path="/fail-database",
            allow=frozenset({Permission.CANARY}),
        )
        self.secret = directory / "database-password"
        self.secret.write_text(secrets.token_urlsafe(32))
        self.declared = Declared(
            system="harbour",
            environment=Environment(name="production"),
            root=str(directory),
            trusted=True,
            entry_points=(self.point,),
            all_entry_points=(self.point,),
            secrets=(DeclaredSecret(name="database", ref=f"file:{self.secret}"),),
            all_secrets=(DeclaredSecret(name="database", ref=f"file:{self.secret}"),),
            logs=(
                Log(name="app", kind="file", path="logs/app.log*"),
                Log(name="access", kind="nginx", path="logs/access.log*"),
            ),
        )
        self.settings = Settings(ca_file=self.site.authority.ca_file, resolve={HOST: ADDRESS}, rate=0)

    def declare(self, **changes: object) -> None:
        """Other fields of `Declared`."""
        self.declared = replace(self.declared, **changes)  # type: ignore[arg-type]  # fields by name

    @property
    def world(self) -> World:
        return World(declared=self.declared, now=datetime.now(UTC), settings=self.settings)

    def look(self) -> CanarySearch:
        """Send canaries, and look."""
        (item,) = survey_of(output.observe, self.declared.entry_points[0], self.world)
        assert isinstance(item.seen, CanarySearch)
        return item.seen

    def judged(self) -> Result:
        """What follows, log and process searches included."""
        return judged(self.declared, self.settings, ID)[ID]


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr(output, "WAIT", 1.0)
    monkeypatch.setattr(output, "SETTLED", 0.0)
    made = Scene(tmp_path)
    try:
        yield made
    finally:
        made.site.stop()


def test_nine_ways_in_and_nothing_out(scene: Scene) -> None:
    result = scene.judged()
    assert result.kind is Kind.HOLDS, result.rows
    assert "9 ways" in result.message and "stand in access" in result.message


def test_every_way_carries_a_canary_of_its_own(scene: Scene) -> None:
    seen = scene.look()
    assert {item.way for item in seen.sent} == set(Way)
    sent = [
        unquote("\n".join((item.path, item.query, *item.headers.values(), item.body.decode())))
        for item in scene.app.requests
    ]
    keys = {found for text in sent for found in re.findall(r"\b[A-Za-z0-9]{40}\b", text)}
    assert len(keys) == len(Way)


def test_each_run_has_new_ones() -> None:
    first, second = output.Canaries.made(), output.Canaries.made()
    assert {item.reveal() for item in first.values.values()}.isdisjoint(
        item.reveal() for item in second.values.values()
    )


@pytest.mark.parametrize(
    ("what", "text", "way"),
    [
        ("header", "headers: {}", Way.AUTHORIZATION),
        ("base64", "dump: {}", Way.AUTHORIZATION),
        ("query", "query: {}", Way.QUERY),
        ("body", "body: {}", Way.JSON),
        ("body", "body: {}", Way.FORM),
        ("body", "parameters: {}", Way.DATABASE),
        ("job", " arguments: {}", Way.TASK),
    ],
)
def test_what_is_logged_is_found(scene: Scene, what: str, text: str, way: Way) -> None:
    scene.app.leaks[what] = text
    seen = scene.look()
    assert way in {item.way for item in seen.came_out if item.where == "app"}
    verdict = not_in_output.judge(seen, scene.point)
    assert verdict.kind is Kind.BROKEN
    assert f"what came in {way} came out in the log app" in " ".join(item.message for item in verdict.findings)


def test_an_error_page_that_shows_the_request(scene: Scene) -> None:
    scene.app.leaks["header"], scene.app.echoes = "{}", True
    came_out = [item for item in scene.look().came_out if not item.where]
    assert [(item.way, item.status) for item in came_out] == [(Way.AUTHORIZATION, 500)]


def test_a_query_in_a_request_line_is_told_from_one_in_a_message(scene: Scene) -> None:
    scene.app.leaks["query"] = "query was {}"
    lines = {(item.where, item.request_line) for item in scene.look().came_out if item.way is Way.QUERY}
    assert lines == {("access", True), ("app", False)}


def test_a_request_line_in_a_log_of_any_kind(scene: Scene) -> None:
    both = Log(name="all", kind="file", path="logs/*.log")
    scene.declare(logs=(both,))
    scene.app.leaks["query"] = "query was {}"
    lines = {item.request_line for item in scene.look().came_out if item.way is Way.QUERY}
    assert lines == {True, False}


def test_a_rotated_log_is_followed(scene: Scene) -> None:
    rotate = scene.app.answer

    def rotating(request: Request) -> Page:
        page = rotate(request)
        if request.path == "/fail" and not (scene.app.log.parent / "app.log.1").exists():
            scene.app.log.rename(scene.app.log.parent / "app.log.1")
        return page

    scene.app.leaks["header"] = "{}"
    scene.site.main.fallback = rotating
    assert any(item.way is Way.AUTHORIZATION and "app.log.1" in item.place for item in scene.look().came_out)


def test_what_was_in_the_log_before_is_none_of_ours(scene: Scene) -> None:
    scene.app.log.write_text("x" * 5_000_000 + "\n")
    assert not [item for item in scene.look().came_out if item.where == "app"]


def test_no_canary_and_no_mark_is_in_the_fact(scene: Scene) -> None:
    scene.app.leaks |= {"header": "{}", "query": "{}", "body": "{}", "job": "{}"}
    text = json.dumps(encode(scene.look()))
    sent = "\n".join(unquote(f"{item.path} {item.query} {item.headers} {item.body!r}") for item in scene.app.requests)
    keys = set(re.findall(r"\b[A-Za-z0-9]{40}\b", sent))
    assert len(keys) == len(Way)
    assert not [key for key in keys if key in text]


# ---- withdrawn


def test_a_log_in_which_nothing_turns_up(scene: Scene) -> None:
    (scene.app.log.parent / "other.log").write_text("nothing of this application\n")
    other = Log(name="other", kind="file", path="logs/other.log")
    scene.declare(logs=(*scene.declared.logs, other))
    verdict = not_in_output.judge(scene.look(), scene.point)
    assert (verdict.kind, verdict.reason) == (Kind.UNKNOWN, Reason.INCOMPLETE)
    assert "turned up in the log other" in verdict.message


def test_a_log_of_another_entry_point_need_show_nothing(scene: Scene) -> None:
    (scene.app.log.parent / "other.log").write_text("")
    other = Log(name="other", kind="file", path="logs/other.log", of=("https://other.example",))
    scene.declare(logs=(*scene.declared.logs, other))
    assert not_in_output.judge(scene.look(), scene.point).kind is Kind.HOLDS


def test_a_log_that_is_not_there(scene: Scene) -> None:
    scene.declare(logs=(*scene.declared.logs, Log(name="far", kind="file", path="/var/log/none-such/*.log")))
    verdict = not_in_output.judge(scene.look(), scene.point)
    assert (verdict.kind, verdict.reason) == (Kind.UNKNOWN, Reason.UNREACHABLE)


def test_a_directory_in_place_of_a_log(scene: Scene) -> None:
    (scene.app.log.parent / "app.log.d").mkdir()
    verdict = not_in_output.judge(scene.look(), scene.point)
    assert (verdict.kind, verdict.reason) == (Kind.UNKNOWN, Reason.INCOMPLETE)


def test_nobody_answers(scene: Scene) -> None:
    scene.site.stop()
    verdict = not_in_output.judge(scene.look(), scene.point)
    assert (verdict.kind, verdict.reason) == (Kind.UNKNOWN, Reason.UNREACHABLE)


def test_no_log_is_declared(scene: Scene) -> None:
    scene.declare(logs=())
    result = scene.judged()
    assert (result.kind, result.reason) == (Kind.UNKNOWN, Reason.NOT_DECLARED)


def test_without_the_targets_leave(scene: Scene) -> None:
    scene.declare(entry_points=(replace(scene.point, allow=frozenset()),))
    result = scene.judged()
    assert (result.kind, result.reason) == (Kind.UNKNOWN, Reason.NOT_PERMITTED)
    assert not scene.app.requests


def test_without_trust_nothing_is_sent(scene: Scene) -> None:
    scene.declare(trusted=False)
    result = scene.judged()
    assert (result.kind, result.reason) == (Kind.UNKNOWN, Reason.NOT_PERMITTED)
    assert not scene.app.requests


def test_a_path_for_jobs_that_is_not_declared(scene: Scene) -> None:
    point = replace(scene.point, task_error_path=None)
    scene.declare(entry_points=(point,))
    verdict = not_in_output.judge(scene.look(), point)
    assert (verdict.kind, verdict.reason) == (Kind.UNKNOWN, Reason.NOT_DECLARED)


def test_a_system_that_says_it_has_no_jobs(scene: Scene) -> None:
    point = replace(scene.point, task_error_path="none")
    scene.declare(entry_points=(point,))
    seen = scene.look()
    assert Way.TASK not in {item.way for item in seen.sent}
    assert not_in_output.judge(seen, point).kind is Kind.HOLDS


def test_plain_http_that_sends_everything_on(scene: Scene) -> None:
    plain = EntryPoint(url=scene.site.http_url(), allow=frozenset({Permission.CANARY}))
    scene.declare(entry_points=(plain, scene.point), logs=())
    seen = scene.look()
    assert {item.sent_on for item in seen.sent if item.status} == {True}


def test_plain_http_and_https_of_one_host_are_two_places() -> None:
    """On their usual ports they differ by nothing but the scheme."""
    plain, secure = output._origin("http://Shop.Example/"), output._origin("https://shop.example")
    assert (plain, secure) == ("http://shop.example", "https://shop.example")


# ---- known values


def test_a_known_value_in_an_old_log(scene: Scene) -> None:
    scene.app.log.write_text(f"connecting as shop:{scene.secret.read_text()}@db\n")
    (item,) = survey_of(logs.observe, scene.declared.logs[0], scene.world)
    assert isinstance(item.seen, LogSearch)
    assert [(found.what, found.rule) for found in item.seen.traced.seen] == [("database", "value")]
    assert scene.judged().kind is Kind.BROKEN


def test_a_known_value_on_a_command_line(scene: Scene) -> None:
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", scene.secret.read_text()])
    try:
        survey = processes.observe.observe(scene.declared, scene.world)
    finally:
        sleeper.kill()
        sleeper.wait()
    (item,) = survey.observations  # type: ignore[union-attr]  # a plain function answers with one survey
    assert isinstance(item.seen, ProcessSearch)
    assert [found.path.startswith(f"{sleeper.pid} ") for found in item.seen.traced.seen] == [True]
    assert not_in_output.judge_processes(item.seen).kind is Kind.BROKEN


def test_a_known_value_in_an_environment_is_where_it_belongs(scene: Scene) -> None:
    given = {**os.environ, "DATABASE_PASSWORD": scene.secret.read_text()}
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env=given)
    try:
        survey = processes.observe.observe(scene.declared, scene.world)
    finally:
        sleeper.kill()
        sleeper.wait()
    (item,) = survey.observations  # type: ignore[union-attr]  # a plain function answers with one survey
    assert isinstance(item.seen, ProcessSearch)
    assert not item.seen.traced.seen


# ---- the error tracker


@pytest.fixture
def tracker(scene: Scene, tmp_path: Path) -> Iterator[Tracker]:
    folder = tmp_path / "tracker"
    folder.mkdir()
    made = Tracker(folder, scene.site.authority)
    log = Log(name="sentry", kind="sentry", url=made.url, credentials=f"file:{made.token_file}")
    scene.declare(logs=(*scene.declared.logs, log))
    try:
        yield made
    finally:
        made.stop()


def test_an_event_that_carries_the_headers(scene: Scene, tracker: Tracker) -> None:
    plain = scene.app.answer

    def telling(request: Request) -> Page:
        if request.path == "/fail":
            tracker.keep({"event_id": "e1", "request": {"headers": dict(request.headers)}})
        return plain(request)

    scene.site.main.fallback = telling
    found = [item for item in scene.look().came_out if item.where == "sentry"]
    assert Way.AUTHORIZATION in {item.way for item in found}
    assert found[0].place.startswith("event e1")


def test_an_event_of_many_pages_back_is_found(scene: Scene, tracker: Tracker) -> None:
    tracker.keep({"event_id": "old", "message": f"password {scene.secret.read_text()}"})
    tracker.keep(*({"event_id": f"e{number}", "message": "nothing"} for number in range(250)))
    (item,) = survey_of(logs.observe, scene.declared.logs[-1], scene.world)
    assert isinstance(item.seen, LogSearch)
    assert item.seen.parts == 251
    assert [found.path for found in item.seen.traced.seen] == ["event old"]


def test_a_token_that_the_tracker_does_not_take(scene: Scene, tracker: Tracker, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("not the token")
    log = replace(scene.declared.logs[-1], credentials=f"file:{tmp_path}/wrong")
    (item,) = survey_of(logs.observe, log, scene.world)
    assert isinstance(item.seen, Unseen)
    assert item.seen.why is Reason.DENIED


def test_a_token_is_not_sent_over_plain_http(scene: Scene, tracker: Tracker) -> None:
    log = replace(scene.declared.logs[-1], url=scene.site.http_url())
    (item,) = survey_of(logs.observe, log, scene.world)
    assert isinstance(item.seen, Unseen)
    assert item.seen.why is Reason.NOT_CONFIGURED


def test_a_tracker_that_is_away(scene: Scene, tracker: Tracker) -> None:
    tracker.stop()
    verdict = not_in_output.judge(scene.look(), scene.point)
    assert (verdict.kind, verdict.reason) == (Kind.UNKNOWN, Reason.UNREACHABLE)


def test_hostile_lists_of_events(scene: Scene) -> None:
    for body in ("[" * 100_000, '{"not": "a list"}', '[1, null, {"event_id": {"deep": []}}]', "\0"):
        scene.site.main.fallback = Page(200, body, "application/json")
        log = Log(name="sentry", kind="sentry", url=f"{scene.site.url()}/api/")
        (item,) = survey_of(logs.observe, log, scene.world)
        assert isinstance(item.seen, (Unseen, LogSearch))
