"""A mail server that keeps everything and sends nothing on."""

import mailbox
import os
from collections.abc import Iterable, Sequence
from email.message import Message
from pathlib import Path

from prodproof.range.component import Command, Component
from prodproof.range.servers import program

PORT = 1025


class Mail(Component):
    """Listens where the servers are; messages lie in `var/mail` as a Maildir."""

    name = "mail"

    def commands(self) -> Sequence[Command]:
        return (Command("mail", program("mail_sink", self.range.places.inside, str(PORT), os.fspath(self.var))),)

    def trouble(self) -> str | None:
        return None if self.range.listens(self.range.places.inside, PORT) else "nothing takes mail"

    def watched(self) -> Iterable[Path]:
        return ()

    def variables(self) -> dict[str, str]:
        """How the shop sends mail."""
        return {
            "HARBOUR_EMAIL_HOST": self.range.places.inside,
            "HARBOUR_EMAIL_PORT": str(PORT),
            "HARBOUR_EMAIL_TLS": "off",
        }

    def messages(self) -> Sequence[Message]:
        """What was sent so far."""
        return tuple(mailbox.Maildir(self.var, create=False)) if (self.var / "new").is_dir() else ()


COMPONENT = Mail
