"""A range starts in order or not at all, goes on from where another process left it, and mends what was broken."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import prodproof.range.components as components_folder
from prodproof.facts import Reason
from prodproof.range import Fault, Form, Range, processes
from prodproof.range.component import Command, Component, components
from prodproof.range.places import Places, choose_places
from prodproof.system.errors import UserError
from tests.range.parts import range_of

SLEEP = ("sleep", "600")


class Paper(Component):
    """Only files."""

    name = "paper"

    def configure(self) -> None:
        self.etc.mkdir()
        (self.etc / "text").write_text("healthy\n")

    def reload(self) -> None:
        """Nothing runs here."""

    @property
    def text(self) -> str:
        return (self.etc / "text").read_text()


class Sleeper(Component):
    """One process that serves nothing."""

    name = "sleeper"
    after = ("paper",)

    def configure(self) -> None:
        self.etc.mkdir()
        (self.etc / "hours").write_text("8\n")

    def commands(self) -> Sequence[Command]:
        return (Command("sleeper", SLEEP),)


class Stubborn(Sleeper):
    """Ends at once, with a word in its log."""

    name = "stubborn"
    after = ("sleeper",)

    def commands(self) -> Sequence[Command]:
        return (Command("stubborn", ("sh", "-c", "echo no port is free; exit 3")),)

    def trouble(self) -> str | None:
        return "does not answer"


class Needy(Paper):
    """Needs a program that no machine has."""

    name = "needy"
    programs = ("prodproof-no-such-server",)
    packages = ("no-such-package",)


def rewritten(harbour: Range) -> None:
    """Another text."""
    (harbour.part(Paper).etc / "text").write_text("broken\n")


def overslept(harbour: Range) -> None:
    """Another hour."""
    (harbour.part(Sleeper).etc / "hours").write_text("12\n")


def stopped(harbour: Range) -> None:
    """Nobody is there any more."""
    harbour.part(Sleeper).stop()


PAPER = Fault("invented.paper", rewritten, stopped, Reason.UNREACHABLE, needs=("paper",))
SLEEP_FAULT = Fault("invented.sleep", overslept, stopped, Reason.UNREACHABLE, needs=("sleeper",), variants=(stopped,))
ABSENT = Fault("invented.absent", rewritten, stopped, Reason.UNREACHABLE, needs=("lighthouse",))


@pytest.fixture
def harbour(monkeypatch: pytest.MonkeyPatch) -> Iterator[Range]:
    faults = {fault.guarantee: fault for fault in (PAPER, SLEEP_FAULT, ABSENT)}
    monkeypatch.setattr("prodproof.range.fault.fault_of", faults.__getitem__)
    with range_of(Form.EMBEDDED, Paper, Sleeper) as made:
        yield made


def of(harbour: Range) -> list[int]:
    return list(processes.belonging(harbour.identity, harbour.directory, ()))


# ---- beginning and end


def test_it_starts_in_order_and_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prodproof.range.range.components", lambda: (Paper, Sleeper))
    told: list[str] = []
    made = Range.up(tmp_path / "range", Form.EMBEDDED, told.append)
    try:
        assert told == ["paper", "sleeper"]
        assert list(made.status()) == [("paper", None), ("sleeper", None)]
        assert of(made) == list(made.pids(made.part(Sleeper)))
        with pytest.raises(UserError, match="is not empty: prodproof range down, or another --name"):
            Range.up(tmp_path / "range", Form.EMBEDDED)
    finally:
        made.down()
    assert of(made) == [] and list(tmp_path.iterdir()) == []


def test_a_part_that_does_not_start_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prodproof.range.range.components", lambda: (Paper, Sleeper, Stubborn))
    identities: list[str] = []
    monkeypatch.setattr(Stubborn, "configure", lambda self: identities.append(self.range.identity))
    with pytest.raises(UserError, match=r"stubborn ended: stubborn\.log says: no port is free"):
        Range.up(tmp_path / "range", Form.EMBEDDED)
    assert list(tmp_path.iterdir()) == []
    assert list(processes.belonging(identities[0], tmp_path, ())) == []


def test_a_part_that_does_not_get_well_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prodproof.range.range.components", lambda: (Sleeper,))
    monkeypatch.setattr("prodproof.range.range.START_SECONDS", 0.2)
    monkeypatch.setattr(Sleeper, "trouble", lambda self: "sleeps on")
    with pytest.raises(UserError, match="sleeper did not get well: sleeps on; its log is empty"):
        Range.up(tmp_path / "range", Form.EMBEDDED)
    assert list(tmp_path.iterdir()) == []


def test_programs_that_are_missing_are_named_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prodproof.range.component.components", lambda: (Paper, Needy))
    with pytest.raises(UserError, match=r"needs prodproof-no-such-server \(Debian: apt-get install no-such-package\)"):
        Range.up(tmp_path / "range", Form.FULL)
    assert list(tmp_path.iterdir()) == []


def test_another_process_opens_it_and_ends_it(harbour: Range) -> None:
    opened = Range.open(harbour.directory)
    assert (opened.identity, opened.form, opened.places) == (harbour.identity, harbour.form, harbour.places)
    assert opened.pids(opened.part(Sleeper)) == harbour.pids(harbour.part(Sleeper)) != ()
    opened.down()
    assert of(harbour) == [] and not harbour.directory.exists()


def test_a_range_of_another_version_is_not_touched(harbour: Range) -> None:
    file = harbour.directory / "range.json"
    before = file.read_text()
    file.write_text('{"identity": "pp00000000", "form": "embedded", "faults": {}}')
    with pytest.raises(UserError, match=r"range\.json is of another version of prodproof, or damaged"):
        Range.open(harbour.directory)
    file.write_text(before)
    Range.open(harbour.directory).down()


def test_what_was_started_and_not_written_down_ends_too(harbour: Range) -> None:
    file = harbour.directory / "range.json"
    before = file.read_text()
    harbour.start(harbour.part(Sleeper))
    file.write_text(before)
    opened = Range.open(harbour.directory)
    assert len(of(opened)) == len(opened.pids(opened.part(Sleeper))) + 1
    opened.down()
    assert of(opened) == []


def test_an_interrupted_end_can_be_ended(harbour: Range, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("prodproof.range.range.remove_tree", interrupt)
        with pytest.raises(KeyboardInterrupt):
            harbour.down()
    Range.open(harbour.directory).down()
    assert not harbour.directory.exists()


def test_what_cannot_be_stopped_is_said_and_nothing_is_removed(harbour: Range, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("prodproof.range.range.stop_all", lambda *known: [7])
        with pytest.raises(UserError, match="these processes could not be stopped: 7; nothing was removed"):
            harbour.down()
    assert harbour.part(Paper).text == "healthy\n"


def test_there_is_nothing_to_open(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no range at .*: prodproof range up"):
        Range.open(tmp_path)


# ---- faults


def test_a_fault_touches_what_it_changed_and_mend_undoes_it(harbour: Range) -> None:
    sleeper = harbour.part(Sleeper)
    before = harbour.pids(sleeper)
    assert harbour.break_(PAPER) == {"paper"}
    assert harbour.part(Paper).text == "broken\n"
    assert harbour.pids(sleeper) == before, "what was not touched runs on"
    assert harbour.mend() == {"paper"}
    assert harbour.part(Paper).text == "healthy\n"
    assert harbour.broken == ()


def test_who_runs_is_restarted_with_its_change(harbour: Range) -> None:
    sleeper = harbour.part(Sleeper)
    before = harbour.pids(sleeper)
    assert harbour.break_(SLEEP_FAULT) == {"sleeper"}
    broken = harbour.pids(sleeper)
    assert harbour.mend() == {"sleeper"}
    assert len({before, broken, harbour.pids(sleeper)}) == 3
    assert of(harbour) == list(harbour.pids(sleeper))


def test_one_fault_is_mended_and_the_others_stay_on(harbour: Range) -> None:
    harbour.break_(PAPER)
    harbour.break_(SLEEP_FAULT, 1)
    assert [(item.guarantee, item.variant) for item in harbour.broken] == [("invented.paper", 0), ("invented.sleep", 1)]
    harbour.mend("invented.paper")
    assert harbour.part(Paper).text == "healthy\n"
    assert [(item.guarantee, item.variant) for item in harbour.broken] == [("invented.sleep", 1)]
    assert dict(harbour.status())["sleeper"] == "stopped"
    opened = Range.open(harbour.directory)
    assert opened.broken == harbour.broken
    opened.mend("invented.sleep")
    assert opened.broken == () and dict(opened.status())["sleeper"] is None


def test_access_that_was_taken_is_given_back(harbour: Range) -> None:
    harbour.vantage.distrust()
    harbour.vantage.lose_tool("git")
    assert harbour.withdraw(PAPER) == {"sleeper"}
    assert of(harbour) == []
    assert harbour.mend() == {"sleeper"}
    assert dict(harbour.status())["sleeper"] is None
    assert harbour.vantage.trusted and harbour.vantage.tool("git") is not None


def test_a_part_of_which_one_process_ended_is_started_anew(harbour: Range, monkeypatch: pytest.MonkeyPatch) -> None:
    two = (Command("first", SLEEP), Command("second", SLEEP))
    monkeypatch.setattr(Sleeper, "commands", lambda self: two)
    sleeper = harbour.part(Sleeper)
    harbour.restart(sleeper)
    harbour.settle()
    first, second = harbour.pids(sleeper)
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)
    assert harbour.pids(sleeper) == (second,) and dict(harbour.status())["sleeper"] == "stopped"
    assert harbour.mend() == {"sleeper"}
    assert len(harbour.pids(sleeper)) == 2 and second not in harbour.pids(sleeper)
    assert sorted(of(harbour)) == sorted(harbour.pids(sleeper))
    assert harbour.break_(PAPER) == {"paper"}, "what was started is not touched again"


def test_a_switch_that_fails_is_on_until_mended(harbour: Range) -> None:
    def fails(harbour: Range) -> None:
        rewritten(harbour)
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        harbour.break_(Fault("invented.paper", fails, stopped, Reason.DENIED, needs=("paper",)))
    assert [item.guarantee for item in Range.open(harbour.directory).broken] == ["invented.paper"]
    harbour.mend()
    assert harbour.part(Paper).text == "healthy\n"


def test_what_cannot_be_broken(harbour: Range) -> None:
    harbour.break_(PAPER)
    with pytest.raises(UserError, match=r"is broken already: prodproof range mend invented\.paper"):
        harbour.break_(PAPER)
    with pytest.raises(UserError, match="has variants 0 to 1"):
        harbour.break_(SLEEP_FAULT, 2)
    with pytest.raises(UserError, match="needs lighthouse, which the embedded form does not have"):
        harbour.break_(ABSENT)
    with pytest.raises(UserError, match="needs stubborn, which the embedded form does not have"):
        harbour.part(Stubborn)


def test_a_new_healthy_state_is_the_one_that_is_restored(harbour: Range) -> None:
    (harbour.part(Paper).etc / "text").write_text("renewed\n")
    harbour.keep_as_healthy()
    harbour.break_(PAPER)
    harbour.mend()
    assert harbour.part(Paper).text == "renewed\n"


# ---- one at a time


def test_nobody_else_changes_it_meanwhile(harbour: Range) -> None:
    other = Range.open(harbour.directory)
    with harbour.locked(), pytest.raises(UserError, match="another command is changing the range"), other.locked():
        pass
    with harbour.locked():
        harbour.break_(PAPER)
    assert other.broken == ()
    with other.locked():
        assert other.broken == harbour.broken, "it goes on from how the first left it"


def test_a_lock_ends_with_who_held_it(harbour: Range) -> None:
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom prodproof.range import Range\n"
        "with Range.open(Path(sys.argv[1])).locked():\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(harbour.directory)], check=False)
    assert done.returncode == -9
    with harbour.locked():
        assert harbour.broken == ()


# ---- components and places


PART = """\
from prodproof.range.component import Component
class Part(Component):
    name = "{name}"
    after = {after}
COMPONENT = Part
"""


@pytest.fixture
def invented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The one folder of components in a test that writes its own."""
    monkeypatch.setattr(components_folder, "__path__", [str(tmp_path)])
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith(f"{components_folder.__name__}.invented_")]:
        del sys.modules[name]


def write_parts(folder: Path, **after: tuple[str, ...]) -> None:
    for name, others in after.items():
        (folder / f"invented_{name}.py").write_text(PART.format(name=name, after=others))


def test_parts_come_after_those_that_they_name(invented: Path) -> None:
    write_parts(invented, a=("d", "absent"), b=(), c=("a", "b"), d=("b",))
    assert [kind.name for kind in components.__wrapped__()] == ["b", "d", "a", "c"]


def test_a_circle_of_parts_is_refused(invented: Path) -> None:
    write_parts(invented, a=("b",), b=("c",), c=("a",), d=())
    with pytest.raises(TypeError, match="come after each other in a circle: a, b, c"):
        components.__wrapped__()


def test_every_part_is_in_a_form_and_after_parts_that_there_are() -> None:
    names = {kind.name for kind in components()}
    for kind in components():
        assert kind.forms and set(kind.after) <= names
        assert bool(kind.programs) <= bool(kind.packages), "who lacks a program is told its package"
    for form in Form:
        there = [kind.name for kind in components() if form in kind.forms]
        assert len(set(there)) == len(there), f"two parts of one name in the {form} form"


def places(form: Form) -> Places:
    return choose_places(form, "pp1", lambda network: True, lambda address, port: True)


def test_places_are_loopback_or_a_namespace_of_their_own() -> None:
    for form in (Form.EMBEDDED, Form.FULL):
        chosen = places(form)
        addresses = [chosen.outside_of, chosen.inside, chosen.providers, chosen.office, chosen.vantage]
        assert len({address.rpartition(".")[0] for address in addresses}) == 1
        assert len(set(addresses)) == 5
        assert all(address.startswith("127.") for address in (*addresses, chosen.name_server))
        assert not chosen.isolated
        assert chosen.url() == "https://harbour.example:8443" and chosen.http_url("a") == "http://a:8080"
    isolated = places(Form.ISOLATED)
    assert isolated.isolated and isolated.url() == "https://harbour.example"
    assert (isolated.inside_namespace, isolated.outside_namespace) == ("pp1-in", "pp1-out")


def test_a_network_or_a_port_in_use_is_passed_over() -> None:
    refused: list[str] = []

    def free(network: str) -> bool:
        refused.append(network)
        return len(refused) > 3

    ports: list[int] = []

    def free_port(address: str, port: int) -> bool:
        ports.append(port)
        return len(ports) > 2

    chosen = choose_places(Form.FULL, "pp1", free, free_port)
    assert chosen.inside == f"{refused[3]}.20"
    assert len(ports) == 3 and chosen.dns == ports[-1]


def test_two_ranges_that_come_up_at_once_do_not_choose_one_port() -> None:
    assert len({places(Form.FULL).dns for _ in range(5)}) > 1
