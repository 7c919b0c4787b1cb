"""Network namespaces for a range, with a packet filter between them (root, iproute2, nftables).

The servers live in one namespace, the vantage in another; a veth pair joins them. The filter lets the public ports
through and refuses everything else, as a cloud's security group would be meant to.
"""

import ctypes
import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from prodproof.range.places import (
    ALERTMANAGER_PORT,
    DATABASE_PORT,
    PROMETHEUS_PORT,
    STORE_PORT,
    TRACKER_PORT,
    VAULT_PORT,
    Places,
)
from prodproof.system.errors import UserError

CLONE_NEWNET = 0x40000000

Result = TypeVar("Result")

OFFICE_PORTS = (VAULT_PORT, TRACKER_PORT, DATABASE_PORT, PROMETHEUS_PORT, ALERTMANAGER_PORT)
"""What administrators reach of the inside network."""

_RULES = """\
table inet harbour {{
  chain input {{
    type filter hook input priority 0; policy accept;
    iifname != "{link}" accept
    ct state established,related accept
    ip daddr {web} tcp dport {{ {http}, {https} }} accept
    ip daddr {web} tcp dport {ssh} ip saddr {office} accept
    ip daddr {inside} tcp dport {{ {office_ports} }} ip saddr {office} accept
    ip daddr {name_server} meta l4proto {{ tcp, udp }} th dport {dns} accept
    ip daddr {providers} tcp dport {{ {http}, {https}, {store} }} accept
    icmp type echo-request accept
    {more}
    meta l4proto tcp reject with tcp reset
    reject
  }}
}}
"""


def within(namespace: str | None) -> Sequence[str]:
    """The words before a command that runs in a namespace; none without one."""
    return ("ip", "netns", "exec", namespace) if namespace else ()


def run_in(namespace: str | None, function: Callable[[], Result]) -> Result:
    """Call a function in a thread that has entered a namespace; threads and processes that it starts are there too.

    Raises OSError when the namespace cannot be entered, and whatever the function raises.
    """
    if namespace is None:
        return function()
    results: list[Result] = []
    errors: list[BaseException] = []

    def entered() -> None:
        try:
            place = os.open(f"/run/netns/{namespace}", os.O_RDONLY | os.O_CLOEXEC)
            try:
                libc = ctypes.CDLL(None, use_errno=True)
                if libc.setns(place, CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), f"the namespace {namespace} cannot be entered")
            finally:
                os.close(place)
            results.append(function())
        except BaseException as error:  # handed on to the caller's thread
            errors.append(error)

    thread = threading.Thread(target=entered, name=namespace, daemon=True)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def create(places: Places) -> None:
    """Make both namespaces, their link, addresses, routes and the filter. Raises UserError when that is refused."""
    inside, outside = places.inside_namespace, places.outside_namespace
    if inside is None or outside is None:
        return
    link, far = _links(places)
    for namespace in (inside, outside):
        _ip("netns", "add", namespace)
        _ip("-n", namespace, "link", "set", "lo", "up")
    _ip("link", "add", link, "netns", inside, "type", "veth", "peer", "name", far, "netns", outside)
    for address in (places.outside_of, places.name_server, places.providers):
        _ip("-n", inside, "address", "add", f"{address}/32", "dev", link)
    _ip("-n", inside, "address", "add", f"{places.inside}/32", "dev", "lo")
    for address in (places.vantage, places.office):
        _ip("-n", outside, "address", "add", f"{address}/32", "dev", far)
    _ip("-n", inside, "link", "set", link, "up")
    _ip("-n", outside, "link", "set", far, "up")
    for address in (places.vantage, places.office):
        _ip("-n", inside, "route", "add", f"{address}/32", "dev", link)
    # An outsider can send packets towards the inside network; it is the filter that refuses them. Who does not ask as
    # an outsider asks from the office there.
    sources = dict.fromkeys((places.outside_of, places.name_server, places.providers), places.vantage)
    for address, source in (sources | {places.inside: places.office}).items():
        _ip("-n", outside, "route", "add", f"{address}/32", "dev", far, "src", source)
    load_filter(places)


def load_filter(places: Places, more: str = "") -> None:
    """Load the packet filter (again), with further rules before the refusal.

    Args:
        places: of the range.
        more: nftables statements, one a line.
    """
    if places.inside_namespace is None:
        return
    rules = _RULES.format(
        link=_links(places)[0],
        web=places.outside_of,
        office=places.office,
        inside=places.inside,
        office_ports=", ".join(map(str, OFFICE_PORTS)),
        name_server=places.name_server,
        providers=places.providers,
        store=STORE_PORT,
        http=places.http,
        https=places.https,
        ssh=places.ssh,
        dns=places.dns,
        more=more,
    )
    command = [*within(places.inside_namespace), "nft", "-f", "-"]
    _run(command, "flush ruleset\n" + rules)


def remove(places: Places) -> None:
    """Remove what is there of the namespaces; the link goes with them."""
    for namespace in (places.inside_namespace, places.outside_namespace):
        if namespace is not None:
            subprocess.run(["ip", "netns", "delete", namespace], stderr=subprocess.DEVNULL, check=False)


def _links(places: Places) -> tuple[str, str]:
    identity = str(places.inside_namespace).removesuffix("-in")
    return f"{identity}-i", f"{identity}-o"


def _ip(*words: str) -> None:
    _run(["ip", *words])


def _run(command: Sequence[str], given: str = "") -> None:
    done = subprocess.run(command, input=given, text=True, capture_output=True, timeout=30, check=False)
    if done.returncode != 0:
        raise UserError(f"the network namespaces could not be made: {' '.join(command)}: {done.stderr.strip()[:200]}")
