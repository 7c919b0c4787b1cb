"""Takes every mail and delivers none: `mail_sink.py ADDRESS PORT FOLDER`.

Each message becomes one file in the folder, a Maildir, so that any mail program can show it.
"""

import mailbox
import signal
import sys
import threading
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

MAX_BYTES = 5_000_000


class Keep:
    """Writes messages down, with those whom the envelope names."""

    def __init__(self, folder: Path) -> None:
        self._box = mailbox.Maildir(folder, create=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        message = mailbox.MaildirMessage(content)
        message["X-Envelope-To"] = ", ".join(envelope.rcpt_tos)
        self._box.add(message)
        return "250 kept"


def main() -> None:
    """Run until SIGTERM."""
    address, port, folder = sys.argv[1:]
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    controller = Controller(
        Keep(Path(folder)), hostname=address, port=int(port), ident="harbour", data_size_limit=MAX_BYTES
    )
    controller.start()
    ended.wait()
    controller.stop()


if __name__ == "__main__":
    main()
