"""The one thing that a claim is about."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """A named thing within one system and environment.

    Kinds in use: `system`, `repo`, `file` (a file of a repository, by path), `workflow`, `host` (a name or address,
    with `:port` unless it is the scheme's own), `address` (an IP address), `zone`, `entry` (an entry point's URL),
    `app` (a running application), `alert`, `person`, `store`, `k8s` (a Kubernetes object: `Kind/namespace/name`),
    `chart` (a Helm chart, by folder), `service` (of a compose file, by path and name), `account` (a declared
    `[[service]]`, by name), `cloud` (one that infrastructure files use, by name), `secret`, `secret-manager`, `log`,
    `backup` (declared, by name), `artifact` (declared, by its path glob), `scenario` (a way of losing a data store, as
    `STORE/NAME`), `runbook` (by path).
    """

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"

    @classmethod
    def parse(cls, text: str) -> "Subject":
        """Read `kind:name`; raises ValueError when either half is missing."""
        kind, _, name = text.partition(":")
        if not kind or not name:
            raise ValueError(f"not a subject: {text!r}; write kind:name, for example host:shop.example")
        return cls(kind, name)
