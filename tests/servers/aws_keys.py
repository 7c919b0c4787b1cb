"""A small AWS (moto) that lets in only whoever has a good access key, as the real one does.

    python -m tests.servers.aws_keys PORT

moto checks signatures when it is told to, and forgets that a key may be inactive; that is added here.
"""

import sys
from typing import Any


def main() -> None:
    """Serve until somebody ends it."""
    from moto.iam import access_control
    from moto.server import main as serve

    real = access_control.IAMUserAccessKey.__init__

    def known(self: Any, *given: Any, **named: Any) -> None:
        real(self, *given, **named)
        keys = self.backend.list_access_keys(self._owner_user_name)
        if any(key.access_key_id == self._access_key_id and key.status != "Active" for key in keys):
            raise access_control.CreateAccessKeyFailure(reason="InvalidId")

    access_control.IAMUserAccessKey.__init__ = known  # type: ignore[method-assign]  # only in this process
    serve(["-H", "127.0.0.1", "-p", sys.argv[1]])


if __name__ == "__main__":
    main()
