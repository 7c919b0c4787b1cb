"""A service that is used with tokens, and the programs of a team that rotates them.

    python -m tests.servers.tokens FOLDER create|retire|restore|attempt|used

The tokens lie in a folder, each a file of its own; what uses one adds a line to it.
"""

import os
import sys
from pathlib import Path

from prodproof.reach.marked import MARK

COMMANDS = ("create", "retire", "restore", "attempt", "used")


class Tokens:
    """What the service knows."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, token: str) -> None:
        """Make a token good."""
        (self._folder / token).touch()

    def gone(self, token: str) -> None:
        """End a token; how often it was used is kept."""
        file = self._folder / token
        if file.exists():
            file.rename(self._folder / f"ended-{token}")

    def again(self, token: str) -> None:
        """Make an ended token good again."""
        (self._folder / f"ended-{token}").rename(self._folder / token)

    def good(self, token: str) -> bool:
        """Whether it is accepted."""
        return bool(token) and "/" not in token and (self._folder / token).exists()

    def use(self, token: str) -> bool:
        """Use it; whether it was accepted."""
        if self.good(token):
            with open(self._folder / token, "a") as file:
                file.write("used\n")
            return True
        return False

    def count(self, token: str) -> int:
        """How often it was used."""
        files = [self._folder / token, self._folder / f"ended-{token}"]
        return sum(len(file.read_text().splitlines()) for file in files if file.exists())

    def all(self) -> list[str]:
        """Those that are good."""
        return sorted(item.name for item in self._folder.iterdir() if not item.name.startswith("ended-"))


def commands(folder: Path) -> dict[str, tuple[str, ...]]:
    """The programs, as a system file has them."""
    return {name: (sys.executable, "-m", "tests.servers.tokens", str(folder), name) for name in COMMANDS}


def main() -> int:
    """One of the programs."""
    tokens, given = Tokens(Path(sys.argv[1])), sys.stdin.read().strip()
    match sys.argv[2]:
        case "create":
            # The same mark makes the same token.
            made = f"token-for-{os.environ[MARK]}"
            tokens.put(made)
            print(made)
        case "retire":
            tokens.gone(given)
        case "restore":
            tokens.again(given)
        case "attempt":
            return 0 if tokens.good(given) else 1
        case "used":
            print(tokens.count(given))
    return 0


if __name__ == "__main__":
    sys.exit(main())
