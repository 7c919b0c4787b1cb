"""The front of the embedded form: a small server in Python, with a certificate of the private authority."""

import os
from pathlib import Path

from prodproof.range.component import Command
from prodproof.range.components.authority import PrivateAuthority
from prodproof.range.components.front import Front
from prodproof.range.places import API, HOST, STAGING, Form
from prodproof.range.servers import program
from prodproof.system.errors import UserError


class EmbeddedFront(Front):
    """It needs no program and no rights, and cannot show a renewal: nobody renews what a private authority issued."""

    forms = frozenset({Form.EMBEDDED})

    def first_certificate(self) -> tuple[Path, Path]:
        issued = self.range.part(PrivateAuthority).issue(HOST, API, STAGING, file="front.pem")
        return issued, issued

    def write_configuration(self) -> None:
        """The server reads the description itself."""

    def server(self) -> Command:
        return Command("front", program("front", os.fspath(self._file)))

    def renew(self) -> None:
        raise UserError(
            "the embedded form's certificates are of a private authority, and nothing renews them: "
            "prodproof range up --form full"
        )

    def answer_to(self, name: str) -> None:
        issued = self.range.part(PrivateAuthority).issue(HOST, API, STAGING, name, file="front-more.pem")
        self._change_host(HOST, "names", lambda names: [*names, name])
        self._change(certificate=os.fspath(issued), key=os.fspath(issued))


COMPONENT = EmbeddedFront
