"""Programs that are cut off: no network, no rights, and nothing of our environment."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from prodproof.reach.cut_off import cut_off, reachable, without_network
from prodproof.reach.process import Finished, run


def test_a_program_that_is_cut_off_reaches_no_network() -> None:
    how = cut_off()
    if not how.no_network:
        pytest.skip("this machine makes no network namespaces")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        words = ["bash", "-c", f"echo > /dev/tcp/127.0.0.1/{port}"]
        alone = run([*how.words, *words], timeout=20)
        beside = run(words, timeout=20)
    assert isinstance(alone, Finished) and alone.code != 0
    assert isinstance(beside, Finished) and beside.code == 0


def test_a_program_that_is_cut_off_has_no_rights() -> None:
    said = run([*cut_off().words, "id", "-u"], timeout=20)
    assert isinstance(said, Finished) and int(said.stdout) == cut_off().owner[0] != 0


def test_work_without_network_and_what_it_starts() -> None:
    def namespace() -> tuple[str, str]:
        child = subprocess.run(["readlink", "/proc/self/ns/net"], capture_output=True, text=True, check=True)
        return os.readlink("/proc/thread-self/ns/net"), child.stdout.strip()

    (ours, childs), alone = without_network(namespace)
    assert ours == childs
    assert (ours != os.readlink("/proc/self/ns/net")) is alone
    if os.geteuid() == 0 and cut_off().no_network:
        assert alone


def test_an_error_comes_out_of_it() -> None:
    def fails() -> int:
        raise OSError("x")

    with pytest.raises(OSError, match="x"):
        without_network(fails)


def test_a_closed_folder_is_not_reachable(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert reachable(tmp_path) is (os.geteuid() != 0)
    assert reachable(Path("/tmp"))
