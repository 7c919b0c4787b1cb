"""One running demo system: a folder, its processes, the faults that are switched on.

Everything is on disk, so that any process can open a range that another one started, and stop one whose starter died.

    harbour/   the git repository (with `prodproof.toml`), as the team has it
    srv/       what was deployed from it
    etc/       configuration of the servers
    var/       data, logs, sockets
    vantage/   what the observer has
    bin/       what stands for the team's programs
    pristine/  the healthy state of harbour, srv and etc, for `mend`
"""

import fcntl
import os
import socket
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from prodproof.range import namespaces
from prodproof.range.component import Component, components, missing_programs
from prodproof.range.files import digest_tree, remove_tree, restore_tree
from prodproof.range.places import Form, choose_places
from prodproof.range.ports import network_free, port_free
from prodproof.range.processes import as_user, spawn, stop, stop_all
from prodproof.range.state import FILE, SAVING, Broken, State, load
from prodproof.range.vantage import Vantage
from prodproof.system.errors import UserError

if TYPE_CHECKING:
    from prodproof.range.components.application import Application
    from prodproof.range.components.front import Front
    from prodproof.range.components.repo import Repo
    from prodproof.range.fault import Fault

START_SECONDS = 60.0
TREES = ("harbour", "srv", "etc")
"""What a fault may change and `mend` restores."""

Part = TypeVar("Part", bound=Component)
Result = TypeVar("Result")


class Range:
    """A demo system. Make one with `Range.up`, find one with `Range.open`."""

    def __init__(self, directory: Path, state: State) -> None:
        self.directory = directory
        self._state = state
        self.identity, self.form, self.places = state.identity, state.form, state.places
        self.vantage = Vantage(directory / "vantage", self.places)
        self._touched: set[str] = set()
        self._parts = [kind(self) for kind in components() if self.form in kind.forms]

    # ---- beginning and end

    @classmethod
    def up(cls, directory: Path, form: Form, progress: Callable[[str], None] = lambda line: None) -> "Range":
        """Start a whole system in a new folder, and wait until every part of it is well.

        Args:
            directory: must not exist, or be empty. Its name is that of the range.
            form: how much of the system runs.
            progress: told what is being started.

        Raises UserError when programs are missing, or a part does not start; nothing is left behind then.
        """
        if missing := missing_programs(form):
            packages = sorted({package for names in missing.values() for package in names})
            raise UserError(
                f"the {form} form needs {', '.join(sorted(missing))} (Debian: apt-get install {' '.join(packages)}); "
                "or take --form embedded, which needs nothing"
            )
        if directory.exists() and any(item.name != SAVING for item in directory.iterdir()):
            raise UserError(f"{directory} is not empty: prodproof range down, or another --name")
        directory.mkdir(parents=True, exist_ok=True)
        # Servers that refuse to run as root run as another user, who must get to his own folder.
        directory.chmod(0o711)
        identity = f"pp{os.urandom(4).hex()}"
        places = choose_places(form, identity, network_free, port_free)
        made = cls(directory, State(identity, form, places))
        made.save()
        try:
            with made.locked():
                made._start_all(progress)
        except BaseException:
            made.down()
            raise
        return made

    @classmethod
    def open(cls, directory: Path) -> "Range":
        """A range that was started before. Raises UserError when there is none that this version can read."""
        return cls(directory, load(directory))

    def down(self) -> None:
        """Stop every process and remove everything, whatever state it is in.

        Raises UserError when a process cannot be stopped (another user's, as a rule).
        """
        recorded = [process for processes in self._state.processes.values() for process in processes]
        left = stop_all(self.identity, self.directory, recorded)
        namespaces.remove(self.places)
        if left:
            raise UserError(f"these processes could not be stopped: {', '.join(map(str, left))}; nothing was removed")
        # What says what is to be stopped and removed goes last, so that an interrupted end can be ended.
        if self.directory.exists():
            for item in self.directory.iterdir():
                if item.name != FILE:
                    remove_tree(item) if item.is_dir() else item.unlink()
            remove_tree(self.directory)

    # ---- places

    @property
    def etc(self) -> Path:
        return self.directory / "etc"

    @property
    def var(self) -> Path:
        return self.directory / "var"

    @property
    def srv(self) -> Path:
        """The deployed code."""
        return self.directory / "srv" / "harbour"

    def inside(self, function: Callable[[], Result]) -> Result:
        """Call a function where the servers are."""
        return namespaces.run_in(self.places.inside_namespace, function)

    def outside(self, function: Callable[[], Result]) -> Result:
        """Call a function where the vantage is."""
        return namespaces.run_in(self.places.outside_namespace, function)

    def listens(self, address: str, port: int) -> bool:
        """Whether somebody takes TCP connections there, tried from where the servers are."""

        def connect() -> bool:
            try:
                socket.create_connection((address, port), timeout=1).close()
            except OSError:
                return False
            return True

        return self.inside(connect)

    # ---- parts

    @property
    def parts(self) -> Sequence[Component]:
        """Every component of this form, those first that others come after."""
        return tuple(self._parts)

    def part(self, kind: type[Part]) -> Part:
        """The component of a class. Raises UserError for one that this form does not have."""
        for part in self._parts:
            if isinstance(part, kind):
                return part
        raise UserError(f"this needs {kind.name}, which the {self.form} form does not have: prodproof range up")

    def has(self, name: str) -> bool:
        """Whether this form has a component of that name."""
        return any(part.name == name for part in self._parts)

    @property
    def repo(self) -> "Repo":
        """The git repository."""
        from prodproof.range.components.repo import Repo

        return self.part(Repo)

    @property
    def app(self) -> "Application":
        """The deployed shop."""
        from prodproof.range.components.application import Application

        return self.part(Application)

    @property
    def front(self) -> "Front":
        """What ends TLS before the shop."""
        from prodproof.range.components.front import Front

        return self.part(Front)  # type: ignore[type-abstract]  # each form has its own kind

    # ---- faults

    @property
    def broken(self) -> tuple[Broken, ...]:
        """Faults that are switched on."""
        return tuple(self._state.broken)

    def break_(self, fault: "Fault", variant: int = 0) -> frozenset[str]:
        """Switch a fault on, and wait until what it touched is well again.

        Returns the names of the components that it touched.
        Raises UserError for a fault that this form cannot show, or that is on already.
        """
        self._check(fault, variant)
        self._as_at_first()
        self._state.broken.append(Broken(fault.guarantee, variant))
        self.save()
        fault.ways[variant](self)
        return self.settle()

    def withdraw(self, fault: "Fault") -> frozenset[str]:
        """Take the access away by which the fault's guarantee is verified. `mend` gives it back."""
        self._check(fault, 0)
        self._as_at_first()
        fault.withdraws(self)
        return self.settle()

    def _as_at_first(self) -> None:
        """What drills have changed for good is put back before a fault builds on it."""
        if not self._state.broken and any(part.drifted() for part in self._parts if self._alive(part)):
            self.mend()

    def mend(self, guarantee: str | None = None, *, later: Collection[str] = ()) -> frozenset[str]:
        """Switch one fault off, or all of them, and give back every access that was taken.

        Args:
            guarantee: whose fault; all of them if None.
            later: names of components that run on as they are until the next fault is switched on, which spares them
                one of two restarts.

        Returns the names of the components that were touched.
        """
        from prodproof.range.fault import fault_of

        kept = [item for item in self._state.broken if guarantee is not None and item.guarantee != guarantee]
        for tree in TREES:
            restore_tree(self.directory / "pristine" / tree, self.directory / tree)
        self.vantage.healthy()
        self._state.broken = []
        for part in self._parts:
            if self._alive(part):
                part.put_back()
        touched = set(self.settle(later))
        for part in self._parts:
            if part.commands() and not self._alive(part):
                # One of several processes may be left.
                self.restart(part)
                part.put_back()
        touched |= self._touched
        self._touched.clear()
        for item in kept:
            touched |= self.break_(fault_of(item.guarantee), item.variant)
        self.save()
        return frozenset(touched)

    def settle(self, later: Collection[str] = ()) -> frozenset[str]:
        """Let every component take up what was changed on disk, but for those that are to do so later.

        Returns the names of those that did, or that were stopped.
        """
        touched: set[str] = set()
        for part in self._parts:
            if part.name in later:
                continue
            now = self._digest(part)
            if now != self._state.settled.get(part.name):
                self._state.settled[part.name] = now
                touched.add(part.name)
                if self._alive(part):
                    part.reload()
                    self._wait(part)
        touched |= self._touched
        self._touched.clear()
        self.save()
        return frozenset(touched)

    def touched(self, name: str) -> None:
        """Note that a component was changed in a way that no file shows."""
        self._touched.add(name)

    def _check(self, fault: "Fault", variant: int) -> None:
        lacking = [name for name in fault.needs if not self.has(name)]
        if lacking:
            raise UserError(f"{fault.guarantee} needs {', '.join(lacking)}, which the {self.form} form does not have")
        if any(item.guarantee == fault.guarantee for item in self._state.broken):
            raise UserError(f"{fault.guarantee} is broken already: prodproof range mend {fault.guarantee}")
        if not 0 <= variant < len(fault.ways):
            raise UserError(f"{fault.guarantee} has variants 0 to {len(fault.variants)}")

    # ---- processes

    def start(self, part: Component) -> None:
        """Start a component's processes and wait until it is well. Raises UserError when it does not get well."""
        for command in part.commands():
            log = self.var / "log" / f"{command.name}.log"
            words = [*namespaces.within(self.places.inside_namespace), *as_user(command.user), *command.words]
            environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(self.var), **command.environment}
            process = spawn(words, mark=self.identity, cwd=self.var / "run", log=log, environment=environment)
            self._state.processes.setdefault(part.name, []).append(process)
            self.save()
        self._wait(part)

    def stop(self, part: Component) -> None:
        """Stop a component's processes."""
        stop(self._state.processes.pop(part.name, []))
        self._touched.add(part.name)
        self.save()

    def restart(self, part: Component) -> None:
        """Stop and start a component."""
        self.stop(part)
        self.start(part)

    def pids(self, part: Component) -> tuple[int, ...]:
        """The living processes that a component started itself."""
        return tuple(process.pid for process in self._state.processes.get(part.name, ()) if process.alive)

    def status(self) -> Iterator[tuple[str, str | None]]:
        """Each component's name with what troubles it, or None."""
        for part in self._parts:
            stopped = "stopped" if part.commands() and not self._alive(part) else None
            yield part.name, stopped or part.trouble()

    def save(self) -> None:
        """Write down what another process needs to go on from here."""
        self._state.save(self.directory)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let nobody else change this range meanwhile, and go on from how others left it.

        Raises UserError when somebody is changing it.
        """
        with open(self.directory / "lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UserError(f"another command is changing the range at {self.directory}; wait for it") from None
            self._state = load(self.directory)
            yield

    def _start_all(self, progress: Callable[[str], None]) -> None:
        for folder in (self.etc, self.var / "log", self.var / "run", self.directory / "srv"):
            folder.mkdir(parents=True)
        self.var.chmod(0o711)
        self.vantage.healthy()
        namespaces.create(self.places)
        for part in self._parts:
            progress(part.name)
            part.configure()
            self._state.settled[part.name] = self._digest(part)
            self.start(part)
        for part in self._parts:
            self._state.settled[part.name] = self._digest(part)
        self.keep_as_healthy()

    def keep_as_healthy(self) -> None:
        """From now on the present state is the one that `mend` restores."""
        self.settle()
        for tree in TREES:
            restore_tree(self.directory / tree, self.directory / "pristine" / tree)
        self.save()

    def _wait(self, part: Component) -> None:
        deadline = time.monotonic() + START_SECONDS
        expects = bool(part.commands())
        while trouble := part.trouble():
            if expects and not self._alive(part):
                raise UserError(f"{part.name} ended: {self._last_words(part)}")
            if time.monotonic() > deadline:
                raise UserError(f"{part.name} did not get well: {trouble}; {self._last_words(part)}")
            time.sleep(0.05)

    def _alive(self, part: Component) -> bool:
        processes = self._state.processes.get(part.name, ())
        return bool(processes) and all(process.alive for process in processes)

    def _last_words(self, part: Component) -> str:
        for command in part.commands():
            log = self.var / "log" / f"{command.name}.log"
            lines = log.read_text(errors="replace").splitlines()[-3:] if log.exists() else []
            if lines:
                return f"{log.name} says: {' / '.join(line[:200] for line in lines)}"
        return "its log is empty"

    def _digest(self, part: Component) -> str:
        return digest_tree(part.watched())
