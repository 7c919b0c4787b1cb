"""Redis with passwords; the shop's user can do what a cache needs, and no more."""

import os
import secrets
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

from prodproof.facts.declared import Declared, EntryPoint, Host
from prodproof.range.component import SERVERS, Command, Component, program_path
from prodproof.range.components.repo import replaced

PORT = 6379
_USER = "nobody"

_AGAIN = """\
trap 'kill $server; wait $server; exit' TERM
while :; do {server} & server=$!; wait $server; sleep 0.1; done
"""
"""What a service manager does: it starts anew what has ended."""

_SETTINGS = """\
bind {address}
port {port}
protected-mode yes
dir {directory}
pidfile {pid_file}
save ""
appendonly no
maxmemory 64mb
maxmemory-policy allkeys-lru

requirepass {administrator}
user shop on >{shop} ~* resetchannels -@all +@read +@write +@connection +@transaction -@dangerous

rename-command CONFIG ""
rename-command DEBUG ""
rename-command FLUSHALL ""
rename-command FLUSHDB ""
rename-command MODULE ""
rename-command REPLICAOF ""
rename-command SLAVEOF ""
"""


class Redis(Component):
    """Keeps the shop's cache and sessions, in memory."""

    name = "redis"
    forms = SERVERS
    programs = ("redis-server",)
    packages = ("redis-server",)
    seen_by = frozenset({Host, EntryPoint, Declared})

    def configure(self) -> None:
        self.etc.mkdir(parents=True)
        self.var.mkdir(parents=True)
        passwords = {"administrator": secrets.token_urlsafe(32), "shop": secrets.token_urlsafe(32)}
        file = self.etc / "redis.conf"
        file.touch(mode=0o600)
        places = {"address": self.range.places.inside, "directory": self.var, "pid_file": self.pid_file}
        file.write_text(_SETTINGS.format(port=PORT, **places, **passwords))
        if os.geteuid() == 0:
            for place in (self.etc, self.var, file):
                shutil.chown(place, _USER, "nogroup")

    def commands(self) -> Sequence[Command]:
        words = (program_path("redis-server") or "redis-server", os.fspath(self.etc / "redis.conf"))
        return (Command("redis", ("sh", "-c", _AGAIN.format(server=shlex.join(words))), user=_USER),)

    @property
    def pid_file(self) -> Path:
        """The number of the server's process, which is started anew when it ends."""
        return self.var / "redis.pid"

    def trouble(self) -> str | None:
        return None if self.range.listens(self.range.places.inside, PORT) else "nothing listens"

    def password(self, user: str = "shop") -> str:
        """The password of `shop` or of the `administrator`."""
        before = "requirepass " if user == "administrator" else f"user {user} on >"
        line = next(line for line in (self.etc / "redis.conf").read_text().splitlines() if line.startswith(before))
        return line.removeprefix(before).split()[0]

    def variables(self) -> dict[str, str]:
        """How the shop reaches it."""
        return {"HARBOUR_REDIS_URL": f"redis://shop:{self.password()}@{self.range.places.inside}:{PORT}/0"}

    def publish(self) -> None:
        """Listen on the public address too, as a fault."""
        file, places = self.etc / "redis.conf", self.range.places
        both = f"bind {places.inside} {places.outside_of}\n"
        file.write_text(replaced(file.read_text(), f"bind {places.inside}\n", both, file.name))


COMPONENT = Redis
