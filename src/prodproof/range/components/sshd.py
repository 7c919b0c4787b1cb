"""OpenSSH for administration: a personal key for everybody who works here, no passwords, no root."""

import os
import pwd
import shutil
import socket
import subprocess
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from prodproof.facts.declared import Host
from prodproof.range.component import SERVERS, Command, Component, program_path

PEOPLE = "people.toml"
FIRST_UID = 60001
USUAL = Path("/etc/ssh")

_CONFIGURATION = """\
ListenAddress {address}
Port {port}
HostKey {etc}/ssh_host_ed25519_key
AuthorizedKeysFile {etc}/authorized_keys/%u
AllowUsers {users}
PermitRootLogin no
AuthenticationMethods publickey
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitUserEnvironment no
UsePAM no
StrictModes {strict}
KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org
Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com
MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com
HostKeyAlgorithms ssh-ed25519
PubkeyAcceptedAlgorithms ssh-ed25519
MaxAuthTries 3
LoginGraceTime 20
ClientAliveInterval 60
DisableForwarding yes
PrintLastLog no
UseDNS no
PidFile none
LogLevel VERBOSE
"""

# The people of the range are no users of this machine: only the server sees them, in a mount namespace of its own,
# where its files lie at their usual places, and where it writes no log-in records of this machine.
_IN_A_PLACE_OF_ITS_OWN = """\
set -e
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1" /etc/ssh
mount -t tmpfs -o mode=755 tmpfs /var/log
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/sshd
exec "$2" -D -e -f /etc/ssh/sshd_config
"""


class Sshd(Component):
    """Behind the packet filter it is on the public address, for the office alone; without one it is inside only.

    Root gives everybody an account of their own. Without root the server can only let in whoever started it, with any
    of the personal keys; and where root may not mount (in most containers), it lets nobody in.
    """

    name = "sshd"
    after = ("repo",)
    forms = SERVERS
    programs = ("sshd", "ssh-keygen")
    packages = ("openssh-server", "openssh-client")
    seen_by = frozenset({Host})

    @property
    def address(self) -> str:
        """Where it listens."""
        places = self.range.places
        return places.outside_of if places.isolated else places.inside

    @cached_property
    def accounts(self) -> bool:
        """Whether everybody has an account of their own."""
        if os.geteuid() != 0:
            return False
        return subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0

    def people(self) -> Sequence[str]:
        """Ids of those who work here today."""
        declared = tomllib.loads(self.range.repo.read(PEOPLE))["person"]
        today = datetime.now(UTC).date()
        return [person["id"] for person in declared if "left" not in person or person["left"] >= today]

    def key(self, person: str) -> Path:
        """Somebody's private key."""
        return self.var / "keys" / person

    def account(self, person: str) -> str:
        """Whom somebody logs in as."""
        return person if self.accounts else pwd.getpwuid(os.geteuid()).pw_name

    def configure(self) -> None:
        places = self.range.places
        (self.etc / "authorized_keys").mkdir(parents=True)
        (self.var / "keys").mkdir(parents=True)
        (self.var / "keys").chmod(0o700)
        _make_key(self.etc / "ssh_host_ed25519_key", "harbour")
        people = self.people()
        for person in people:
            _make_key(self.key(person), f"{person}@harbour.example")
            with open(self.etc / "authorized_keys" / self.account(person), "a") as file:
                file.write(self.key(person).with_suffix(".pub").read_text())
        configuration = _CONFIGURATION.format(
            address=self.address,
            port=places.ssh,
            etc=USUAL if self.accounts else self.etc,
            users=" ".join(dict.fromkeys(self.account(person) for person in people)),
            strict="yes" if self.accounts else "no",
        )
        (self.etc / "sshd_config").write_text(configuration)
        if self.accounts:
            self._make_accounts(people)
        elif os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # it starts with none but this one

    def commands(self) -> Sequence[Command]:
        # It starts itself again for every connection, and so wants to know where it lies.
        program = program_path("sshd") or "/usr/sbin/sshd"
        if self.accounts:
            words = ("unshare", "--mount", "--propagation", "private", "sh", "-c", _IN_A_PLACE_OF_ITS_OWN, "sshd")
            return (Command("sshd", (*words, str(self.etc), program)),)
        return (Command("sshd", (program, "-D", "-e", "-f", str(self.etc / "sshd_config"))),)

    def trouble(self) -> str | None:
        def greet() -> bytes:
            with socket.create_connection((self.address, self.range.places.ssh), timeout=2) as connection:
                return connection.recv(64)

        try:
            banner = self.range.inside(greet)
        except OSError:
            return "does not listen"
        return None if banner.startswith(b"SSH-2.0-") else "does not greet as SSH does"

    def _make_accounts(self, people: Sequence[str]) -> None:
        lines = [Path("/etc/passwd").read_text().rstrip("\n")]
        for number, person in enumerate(people, FIRST_UID):
            home = self.var / "home" / person
            home.mkdir(parents=True)
            home.chmod(0o700)
            os.chown(home, number, number)
            lines.append(f"{person}:x:{number}:{number}::{home}:/bin/sh")
        (self.etc / "passwd").write_text("\n".join(lines) + "\n")


def _make_key(file: Path, comment: str) -> None:
    command = (
        shutil.which("ssh-keygen") or "ssh-keygen",
        "-q",
        "-t",
        "ed25519",
        "-N",
        "",
        "-C",
        comment,
        "-f",
        str(file),
    )
    subprocess.run(command, check=True, timeout=30, stdin=subprocess.DEVNULL)


COMPONENT = Sshd
