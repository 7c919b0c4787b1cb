"""A load counts what fails, and ends by itself."""

import asyncio
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from prodproof.facts.declared import Declared, Environment
from prodproof.reach.load import MAX_WAITING, Count, Load, Throttled, of_command, of_url, unowned
from prodproof.reach.world import Settings
from tests.servers.ports import free_port

NOWHERE = Declared(system="shop", environment=Environment(name="production"))


def until(load: Load, made: int) -> Count:
    deadline = time.monotonic() + 60
    while (count := load.look()).made < made:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return count


async def well() -> str | None:
    return None


def test_every_request_is_counted() -> None:
    load = Load(well, rate=500)
    count = until(load, 50)
    assert count.failed == 0 and count.failures == () and count.seconds > 0
    assert load.end().made >= 50 and load.over


def test_failures_are_counted_and_the_first_are_kept() -> None:
    async def failing() -> str | None:
        return "answered 500"

    load = Load(failing, rate=500)
    until(load, 20)
    count = load.end()
    assert count.failed == count.made and count.failures == ("answered 500",) * 5


def test_what_is_throttled_is_counted_apart() -> None:
    turns = 0

    async def every_second() -> str | None:
        nonlocal turns
        turns += 1
        return Throttled("answered 429") if turns % 2 else None

    load = Load(every_second, rate=500)
    until(load, 20)
    count = load.end()
    assert count.made + count.throttled == turns and count.made in (count.throttled, count.throttled - 1)
    assert count.failed == 0 and count.failures == ()


def test_it_ends_when_nobody_looks_at_it() -> None:
    load = Load(well, rate=100, lease=0.2)
    deadline = time.monotonic() + 30
    while not load.over:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_never_has_more_under_way_than_bounded_and_its_own_slowness_is_no_failure() -> None:
    under_way, most = 0, 0

    async def slow() -> str | None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.2)
        under_way -= 1
        return None

    load = Load(slow, rate=1000)
    until(load, 2 * MAX_WAITING)
    count = load.end()
    assert most <= MAX_WAITING and count.failed == 0 and count.rate < 1000


class Shop(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response({"/ok": 200, "/login": 302, "/busy": 429}.get(self.path, 503))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_only_a_good_answer_is_good() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        place = f"http://127.0.0.1:{server.server_port}"
        told = [
            asyncio.run(of_url(f"{place}{path}", Settings(), NOWHERE)()) for path in ("/ok", "/login", "/away", "/busy")
        ]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert told == [None, "127.0.0.1 answered 302", "127.0.0.1 answered 503", "127.0.0.1 answered 429"]
    assert [isinstance(text, Throttled) for text in told] == [False, False, False, True]
    gone = asyncio.run(of_url(f"http://127.0.0.1:{free_port()}/", Settings(), NOWHERE)())
    assert gone is not None and "127.0.0.1" in gone


def test_a_program_makes_one_request(tmp_path: Path) -> None:
    assert asyncio.run(of_command(("true",), tmp_path)()) is None
    assert asyncio.run(of_command(("sh", "-c", "exit 3"), tmp_path)()) == "exit code 3"
    missing = asyncio.run(of_command(("no-such-program",), tmp_path)())
    assert missing is not None and "cannot be started" in missing


def test_only_what_is_ours_is_loaded() -> None:
    assert asyncio.run(unowned("http://127.0.0.1:1/", NOWHERE, Settings())) is None
    settings = Settings(resolve={"shop.example": "192.0.2.1"}, connect_timeout=0.2, total_timeout=0.4)
    refused = asyncio.run(unowned("https://shop.example/", NOWHERE, settings))
    assert refused is not None and "no ownership token is declared" in refused.detail
