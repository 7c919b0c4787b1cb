"""What stands open by mistake is reached from the vantage, and is closed again when it is mended."""

import socket

import pytest

from prodproof.range import Range
from prodproof.range.components.doors import Doors
from prodproof.range.places import Form
from tests.range.parts import range_of
from tests.range.test_namespaces import WHY_NOT

FORMS = (
    pytest.param(Form.EMBEDDED, id="loopback"),
    pytest.param(Form.ISOLATED, id="filtered", marks=pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)),
)


def says(harbour: Range, port: int, message: bytes) -> bytes | None:
    """What a port of the public address answers a stranger; None for a refusal."""
    places = harbour.places

    def ask() -> bytes | None:
        try:
            connection = socket.create_connection((places.outside_of, port), timeout=3)
        except ConnectionRefusedError:
            return None
        with connection:
            connection.sendall(message)
            return connection.recv(64)

    return harbour.outside(ask)


@pytest.mark.parametrize("form", FORMS)
def test_doors_open_and_close(form: Form) -> None:
    with range_of(form, Doors) as harbour:
        doors = harbour.part(Doors)
        assert says(harbour, 6379, b"PING\r\n") is None
        doors.serve(6379, "redis")
        doors.serve(5432, "postgres")
        doors.serve(8765, "http")
        assert harbour.settle() == {"doors"}
        assert says(harbour, 6379, b"PING\r\n") == b"+PONG\r\n"
        assert says(harbour, 6379, b"GET / HTTP/1.1\r\n") == b"-ERR unknown command\r\n"
        assert says(harbour, 5432, bytes.fromhex("0000000804d2162f")) == b"N"
        assert (says(harbour, 8765, b"GET / HTTP/1.1\r\n") or b"").startswith(b"HTTP/1.0 200 OK")
        assert harbour.mend() == {"doors"}
        assert [port for port in (6379, 5432, 8765) if says(harbour, port, b"x") is not None] == []


@pytest.mark.parametrize("form", FORMS[1:])
def test_a_service_of_another_component_is_let_through(form: Form) -> None:
    with range_of(form, Doors) as harbour:
        public = harbour.places.outside_of
        with harbour.inside(lambda: socket.create_server((public, 6379))):
            assert says(harbour, 6379, b"") is None
            harbour.part(Doors).let_through(6379)
            harbour.settle()
            harbour.outside(lambda: socket.create_connection((public, 6379), timeout=3).close())
