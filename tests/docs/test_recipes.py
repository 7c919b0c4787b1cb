"""The recipes of CONTRIBUTING.md are true: their files, put where they say, do what they say.

That of a drill is tried in `tests/drills/test_recipe.py`.
"""

import re
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from textwrap import dedent
from threading import Thread
from types import ModuleType

import pytest

from prodproof.facts import Observation, Reason, Unseen
from prodproof.facts.declared import Host
from prodproof.guarantees.catalogue import _read
from prodproof.range.component import components
from prodproof.reach.world import Settings, World
from prodproof.verdicts import Kind
from prodproof.verdicts.example import NOON, SHOP
from tests.docs.pages import CONTRIBUTING, section
from tests.probes.running import survey_of
from tests.servers.ports import free_port

LAMP = Host(name="127.0.0.1")
SETTINGS = Settings(connect_timeout=2, total_timeout=2)

Make = Callable[[str, str, int], ModuleType]
Look = Callable[[bytes | None], Observation[object]]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes a module of one of a recipe's files."""

    def made(name: str, recipe: str, number: int) -> ModuleType:
        code = re.findall(r"^ *```python\n(.*?)^ *```", section(CONTRIBUTING, recipe), re.DOTALL | re.MULTILINE)[number]
        module = ModuleType(name)
        monkeypatch.setitem(sys.modules, name, module)
        exec(compile(dedent(code), f"{CONTRIBUTING.name}: {name}", "exec"), module.__dict__)
        return module

    return made


def test_a_guarantee(make: Make) -> None:
    entry = _read(make("prodproof.guarantees.exposure.no_teapots", "Add a guarantee", 0))
    assert (entry.id, entry.must_be_true, entry.guarantee.verifiable) == (
        "exposure.no-teapots",
        "No host answers 418.",
        True,
    )
    (judge,) = entry.guarantee.judges
    for example in entry.examples:
        assert judge(example.fact, None, example.at).kind is example.kind
    assert {example.kind for example in entry.examples} == {Kind.HOLDS, Kind.BROKEN}


def test_its_fault(make: Make) -> None:
    fault = make("prodproof.range.faults.exposure.no_teapots", "Add a guarantee", 1).FAULT
    assert fault.guarantee == "exposure.no-teapots"
    assert set(fault.needs) <= {component.name for component in components()}


@pytest.fixture
def lamp(make: Make) -> Look:
    """Looks at a lamp that says these bytes; None: there is no lamp."""
    adapter = make("prodproof.reach.lamp", "Add an adapter", 0)
    make("prodproof.facts.lamp", "Add a probe", 0)
    module = make("prodproof.probes.lamp", "Add a probe", 1)

    def look(says: bytes | None) -> Observation[object]:
        with ExitStack() as stack:
            if says is not None:
                server = stack.enter_context(socket.create_server(("127.0.0.1", adapter.PORT)))
                answering = Thread(target=answer, args=(server, says))
                answering.start()
                stack.callback(answering.join)
            (seen,) = survey_of(module.observe, LAMP, World(declared=SHOP, now=NOON, settings=SETTINGS))
            return seen

    def answer(server: socket.socket, says: bytes) -> None:
        with server.accept()[0] as connection, suppress(OSError):
            connection.sendall(says)
            connection.recv(1)

    adapter.PORT = free_port()  # type: ignore[attr-defined]  # made above, of a text
    return look


def test_a_probe_and_its_adapter(lamp: Look) -> None:
    for says, lit in ((b"on\n", True), (b"off\r\n", False)):
        seen = lamp(says)
        assert (str(seen.subject), seen.seen.lit) == ("host:127.0.0.1", lit)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("says", "why"),
    [
        (None, Reason.UNREACHABLE),
        (b"", Reason.TIMED_OUT),
        (b"dim\n", Reason.INCOMPLETE),
        (b"x" * 4096, Reason.UNREACHABLE),
    ],
)
def test_a_lamp_that_cannot_be_seen(lamp: Look, says: bytes | None, why: Reason) -> None:
    seen = lamp(says).seen
    assert isinstance(seen, Unseen) and seen.why is why
