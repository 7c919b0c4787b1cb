"""The range's private certificate authority, and what the vantage trusts."""

from pathlib import Path

from prodproof.range.component import Component
from prodproof.range.components.certificates import Authority


class PrivateAuthority(Component):
    """Issues the certificates of servers that no public authority knows; its own lies in the vantage's CA file."""

    name = "authority"

    def configure(self) -> None:
        self.var.mkdir(parents=True, exist_ok=True)
        self.trust(self.name, Authority(self.var).ca_file.read_text())

    def trouble(self) -> str | None:
        return None if self.ca_file.exists() else "has no certificate"

    @property
    def ca_file(self) -> Path:
        """Its own certificate."""
        return self.var / "ca.pem"

    def issue(
        self, *names: str, days: int = 60, age: int = 30, file: str = "server.pem", texts: tuple[str, ...] = ()
    ) -> Path:
        """A certificate with its key in one PEM file (mode 0600, of the starter): issued `age` days ago, good for
        `days` more. Another `file` for each purpose; `texts` as in `Authority.issue`."""
        return Authority(self.var).issue(*names, days=days, age=age, file=file, texts=texts)

    def trust(self, name: str, pem: str) -> None:
        """Let the vantage trust one more root certificate, beside those that it trusts already."""
        folder = self.var / "trusted"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.pem").write_text(pem.rstrip("\n") + "\n")
        bundle = self.range.vantage.ca_file
        bundle.parent.mkdir(parents=True, exist_ok=True)
        bundle.write_text("".join(file.read_text() for file in sorted(folder.iterdir())))


COMPONENT = PrivateAuthority
