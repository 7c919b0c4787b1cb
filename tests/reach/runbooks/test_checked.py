"""What is wrong with a runbook is found before anything of it is run."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from prodproof.facts.declared import Declared, EntryPoint, Environment, Person
from prodproof.facts.runbooks import RunbookProblem as Problem
from prodproof.facts.runbooks import RunbookProblemKind as Kind
from prodproof.reach.runbooks import pages
from prodproof.reach.runbooks.book import RunbookError, is_prose, parse
from prodproof.reach.runbooks.checked import linked_pages, missing, unowned
from prodproof.reach.world import World
from tests.reach.runbooks.books import BOOK, block, book


def problems(text: str, path: str = "docs/close.md") -> tuple[Problem, ...]:
    with pytest.raises(RunbookError) as caught:
        parse(text, path)
    return caught.value.problems


def found(text: str, root: Path) -> list[str]:
    return [f"{item.line}: {item.message}" for item in missing(parse(text, "docs/close.md"), root, shutil.which)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# Nothing\n\n```sh\nls\n```\n", "has no step"),
        (block("sh step=Stop looks"), "step=Stop: an id is of small letters, digits and hyphens"),
        (block("python step=a looks"), "python is not run; the language of a step is sh, bash or person"),
        (block("sh step=a looks timeout=3s"), "timeout: not known; there are irreversible, lasting, looks"),
        (block("sh step=a looks time=soon"), "time=soon: write for example 30s, 5m or 1h"),
        (block("sh step=a looks") + block("sh step=a looks"), "step=a stands twice"),
        (block("sh check=a"), "check=a: there is no step=a"),
        (block("sh step=a") + block("sh check=a"), "a: needs one of ```sh undo=a, irreversible"),
        (block("sh step=a") + block("sh undo=a") + block("sh prove=a"), "so that a crash does not do it twice"),
        (block("sh step=a repeat=safe") + block("sh undo=a"), "a: nothing proves it; add ```sh prove=a"),
        (block("sh step=a irreversible=") + block("sh check=a"), "a: say why it cannot be undone"),
        (block("person step=a", ""), "a: says nothing to the person"),
        (block("person step=a") + block("sh undo=a"), "a: what a person does has no check, prove or undo"),
    ],
)
def test_a_form_that_cannot_be_followed_is_refused(text: str, says: str) -> None:
    assert any(says in item.message for item in problems(text)), problems(text)


def test_a_whole_runbook_lacks_nothing(tmp_path: Path) -> None:
    assert found(BOOK, book(tmp_path)) == []


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("pg_restoer -d shop", "there is no command pg_restoer"),
        ("ls && sudo_ -u postgres ls", "there is no command sudo_"),
        ("env A=1 frobnicate --now", "there is no command frobnicate"),
        ("if ! frobnicate; then exit 1; fi", "there is no command frobnicate"),
        ("./scripts/restore.sh --yes", "there is no command ./scripts/restore.sh"),
        ("sh scripts/restore.sh", "there is no file scripts/restore.sh"),
        ("cat < dump.sql", "there is no file dump.sql"),
        ('echo "$(ls | frobnicate "a b")"', "there is no command frobnicate"),
        ("cat <dump.sql", "there is no file dump.sql"),
        ("if true; then", "sh cannot read it"),
    ],
)
def test_what_a_step_names_and_is_not_there_is_found(tmp_path: Path, script: str, says: str) -> None:
    text = block("sh step=a looks", script)
    assert any(says in line for line in found(text, book(tmp_path))), found(text, tmp_path)


@pytest.mark.parametrize(
    "script",
    [
        "set -eu\nFOO=bar ls -l | sort > sorted\ncat sorted\nsh -c 'echo x'",
        "greet() { echo hi; }\ngreet",
        'case "$1" in\n  start) ls ;;\n  stop|end) ls ;;\nesac',
        '"$PROGRAM" --now < "$INPUT"',
        'for each in a b; do echo "$each"; done',
        "cat <<EOT\nfrobnicate --now\nEOT",
        "cp /etc/hostname copy.txt\ncat < copy.txt",
        "sh script.sh",
        'test "$(ls -l "a b" FROM x)" = 200\necho "$(cat < script.sh)"',
    ],
)
def test_what_is_there_is_not_called_missing(tmp_path: Path, script: str) -> None:
    (tmp_path / "script.sh").write_text("ls\n")
    assert found(block("sh step=a looks", script), book(tmp_path)) == []


def test_what_an_earlier_step_writes_may_be_read_by_a_later_one(tmp_path: Path) -> None:
    text = block("sh step=a looks", "ls > list.txt") + block("sh step=b looks", "cat < list.txt")
    assert found(text, book(tmp_path)) == []


def test_dead_links_are_found_and_where_they_stand(tmp_path: Path) -> None:
    text = "Read [this](gone.md), [that](map.md#nothing) and [here](#nowhere).\n\n" + block("sh step=a looks")
    assert found(text, book(tmp_path, text)) == [
        "1: the link #nowhere leads to no heading",
        "1: the link gone.md leads nowhere",
        "1: the link map.md#nothing leads to no heading",
    ]


def test_checking_runs_nothing(tmp_path: Path) -> None:
    text = block("sh step=a looks", f"touch {tmp_path}/ran") + block("bash step=b looks", f"$(touch {tmp_path}/ran)")
    missing(parse(text, "docs/close.md"), tmp_path, shutil.which)
    assert not (tmp_path / "ran").exists()


SYSTEM = Declared(system="shop", environment=Environment(name="production"))


def test_one_section_is_a_runbook_by_itself(tmp_path: Path) -> None:
    root = book(tmp_path)
    made = parse(BOOK, "docs/close.md#stop-the-writers")
    assert [(step.id, step.title) for step in made.steps] == [("stop-writers", "Stop the writers")]
    assert (made.name, made.path) == ("docs/close.md#stop-the-writers", "docs/close.md")
    assert made.steps[0].act.line == 8, "lines are those of the file"
    assert missing(made, root, shutil.which) == ()
    assert problems(BOOK, "docs/close.md#no-such-thing") == (Problem(1, "has no heading no-such-thing", Kind.LINK),)


def test_prose_is_told_from_steps() -> None:
    assert is_prose("# Restore\n\n1. Call Ana.\n\n```sh\npg_restore x\n```\n")
    assert not is_prose(BOOK) and not is_prose(block("sh step=a"))


def test_each_problem_says_what_it_is(tmp_path: Path) -> None:
    text = (
        "[gone](gone.md)\n"
        + block("sh step=a looks", "frobnicate\n./gone.sh\nsh gone.sh")
        + block("sh step=b looks", "if true; then")
    )
    kinds = {item.kind for item in missing(parse(text, "docs/close.md"), book(tmp_path), shutil.which)}
    assert kinds == {Kind.LINK, Kind.PROGRAM, Kind.COMMAND, Kind.FILE, Kind.SCRIPT}


def test_a_step_of_a_person_has_an_owner_whom_the_roster_knows() -> None:
    people = (Person(id="ana", roles=("on-call",)),)
    assert list(unowned(parse(BOOK, "docs/close.md"), people)) == []
    for term, says in (("", "tell: nobody owns it: whom=…"), (" whom=ben", "tell: nobody of the roster is ben")):
        made = parse(block(f"person step=tell{term}", "Tell them."), "docs/close.md")
        assert list(unowned(made, people, owned=True)) == [Problem(1, says, Kind.OWNER)]
        assert list(unowned(made, people)) == ([Problem(1, says, Kind.OWNER)] if term else []), "anybody may do it"
    assert list(unowned(parse(block("person step=tell whom=ben", "Tell them."), "x.md"), ())) == []


def test_pages_of_declared_sites_are_asked_for_and_no_others() -> None:
    site = {"/there": "<main><ol><li>Do it</li></ol></main>" + "word " * 60}
    with serving(site) as (address, asked), serving({}) as (foreign, asked_there):
        entry = EntryPoint(url=address)
        system = replace(SYSTEM, entry_points=(entry,), all_entry_points=(entry,))
        world = World(declared=system, now=datetime.now(UTC))
        text = f"[a]({address}/there) [b]({address}/gone)\n\n[c]({foreign}/gone)\n\n" + block("sh step=a looks")
        found = linked_pages(parse(text, "docs/close.md"), world)
        assert found.dead == (Problem(1, f"{address}/gone is not there", Kind.LINK),)
        assert found.unread == (f"{foreign}/gone",)
    assert sorted(asked) == ["/gone", "/there"] and asked_there == []


def test_pages_that_could_not_be_read_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_PAGES", 2)
    with serving({"/a": "<form><input type=password></form>", "/b": "<ol><li>Do it</li></ol>"}) as (address, asked):
        entry = EntryPoint(url=address)
        world = World(declared=replace(SYSTEM, all_entry_points=(entry,)), now=datetime.now(UTC))
        text = f"[a]({address}/a) [b]({address}/b) [c]({address}/c)\n\n" + block("sh step=a looks")
        found = linked_pages(parse(text, "docs/close.md"), world)
    assert (found.dead, found.unread) == ((), (f"{address}/a", f"{address}/c"))
    assert sorted(asked) == ["/a", "/b"]


@contextmanager
def serving(pages: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """A small site on loopback, and the paths that it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = pages.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
