"""What a probe is handed: the outside world, through adapters that tests can take away."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from prodproof.facts import Observation, Proof, Subject, Unseen
from prodproof.facts.declared import Declared
from prodproof.facts.observation import Kind

if TYPE_CHECKING:
    from prodproof.reach.django.asked_once import AskedOnce
    from prodproof.reach.git.repository import RepositoryReader
    from prodproof.reach.http.client import HttpClient


@dataclass(frozen=True)
class Settings:
    """How prodproof behaves towards others; one object per run, from the command line and the environment."""

    user_agent: str = "prodproof/0.1.0 (+https://pypi.org/project/prodproof; production readiness check)"
    rate: float = 10.0
    """Requests a second to one host."""

    scan_rate: float = 1000.0
    """Connection attempts a second to the ports of a machine that is not this one."""

    connect_timeout: float = 5.0
    """Seconds."""

    total_timeout: float = 15.0
    """Seconds for one whole exchange, however slowly it drips."""

    ca_file: Path | None = None
    """A private CA (PEM) that is trusted beside the system's."""

    proxy: str | None = None
    """URL of the proxy for HTTP and HTTPS requests; the usual environment variables if None."""

    resolve: Mapping[str, str] = field(default_factory=dict)
    """Host name to address, for labs and split horizons; like curl's --resolve, for every port."""

    source_address: str | None = None
    """The local address that outside requests are made from."""

    fingerprint_key: bytes = field(default=b"", repr=False)
    """The system's key for fingerprints of secrets; without it none are made."""

    web_ports: tuple[int, int] = (80, 443)
    """Where the names of a zone are visited, over HTTP and HTTPS; others in labs, where low ports are not ours."""


@dataclass(frozen=True)
class World:
    """Everything outside that a probe may touch, for one run.

    Probes reach it only through here, so that a test can withdraw each access by itself.
    """

    declared: Declared
    now: datetime
    """The run's clock reading, UTC."""

    vantage: str = "outside"
    settings: Settings = field(default_factory=Settings)
    repositories: Mapping[str, "RepositoryReader | Unseen"] = field(default_factory=dict)
    """Reader by the declared repository's path."""

    tools: Callable[[str], str | None] = lambda name: None
    """Path of an installed program, or None."""

    previous: Callable[[type[object], Subject], Observation[object] | None] = lambda fact, subject: None
    """What the ledger last knew of a subject."""

    progress: Callable[[str], None] = lambda line: None
    """Says what is being looked at, for the progress display."""

    @cached_property
    def http(self) -> "HttpClient":
        """The run's one HTTP client: all probes share its rate per host and its pinned addresses."""
        from prodproof.reach.http.client import HttpClient  # httpx is slow to import, and many runs do without it

        declared = self.declared.all_hosts or self.declared.hosts
        return HttpClient(self.settings, {host.name.lower(): frozenset(host.addresses) for host in declared})

    @cached_property
    def applications(self) -> "AskedOnce":
        """The Django applications: each is asked once in a run, whoever wants to know."""
        from prodproof.reach.django.asked_once import AskedOnce

        return AskedOnce(Path(self.declared.root or "."), self.settings.fingerprint_key)

    def inside(self, subject: Subject, seen: Kind | Unseen, commit: str | None = None) -> Observation[Kind]:
        """An observation read from a repository, a file or an API."""
        return Observation(subject, seen, self.now, "inside", Proof.INSIDE, commit)

    def outside(
        self, subject: Subject, seen: Kind | Unseen, lab: bool = False, proof: Proof = Proof.OUTSIDE
    ) -> Observation[Kind]:
        """An observation made from this run's vantage; `lab` when the target was a loopback address."""
        return Observation(subject, seen, self.now, f"{self.vantage} (lab)" if lab else self.vantage, proof)
