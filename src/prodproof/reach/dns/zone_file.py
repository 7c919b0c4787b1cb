"""The names of a zone, from a zone file (RFC 1035) or a plain list."""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

import dns.name
import dns.node
import dns.rdatatype
import dns.zone

from prodproof.facts import Reason, Unseen

MAX_FILE = 8 * 1024 * 1024
MAX_NAMES = 5000
MAX_GENERATED = 4096

_SIGNATURES = {"RRSIG", "NSEC", "NSEC3", "DNSKEY", "NSEC3PARAM", "CDS", "CDNSKEY"}


@dataclass(frozen=True)
class ListedName:
    """A name, and what the zone's data says of it."""

    kinds: frozenset[str] = frozenset()
    """Types of its records; empty where only the name is known."""

    servers: tuple[str, ...] = ()
    """The name servers that it is delegated to."""


def read_bounded(path: Path) -> str | Unseen:
    """A text file of ordinary size, or why it could not be read."""
    try:
        # Without O_NONBLOCK a named pipe would keep us waiting for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            information = os.fstat(file.fileno())
            if not stat.S_ISREG(information.st_mode):
                return Unseen(Reason.INCOMPLETE, f"{path.name} is not a regular file")
            if information.st_size > MAX_FILE:
                return Unseen(Reason.INCOMPLETE, f"{path.name} is larger than {MAX_FILE // 2**20} MB")
            return file.read(MAX_FILE).decode("utf-8", "replace")
    except FileNotFoundError:
        return Unseen(Reason.NOT_CONFIGURED, f"{path.name} does not exist")
    except PermissionError:
        return Unseen(Reason.DENIED, f"{path.name} may not be read")
    except (OSError, ValueError):
        return Unseen(Reason.INCOMPLETE, f"{path.name} cannot be read")


def names_of_zone_file(text: str, origin: str) -> dict[str, ListedName] | Unseen:
    """Every name of a zone file, with what its records are.

    $INCLUDE is refused, $GENERATE bounded. Whatever the text is, nothing is raised.
    """
    for match in re.finditer(r"(?im)^[ \t]*\$GENERATE\s+(\d+)-(\d+)", text):
        if len(match[1]) > 9 or len(match[2]) > 9 or int(match[2]) - int(match[1]) > MAX_GENERATED:
            return Unseen(Reason.INCOMPLETE, f"the zone file generates more than {MAX_GENERATED} names in a line")
    if re.search(r"(?im)^[ \t]*\$INCLUDE\b", text):
        return Unseen(Reason.INCOMPLETE, "the zone file includes others ($INCLUDE): name a whole one")
    try:
        zone = dns.zone.from_text(
            text, origin=dns.name.from_text(origin), relativize=False, check_origin=False, allow_include=False
        )
        found: dict[str, ListedName] = {}
        for name, node in zone.nodes.items():
            kinds = {dns.rdatatype.to_text(rdataset.rdtype) for rdataset in node.rdatasets} - _SIGNATURES
            if kinds:
                found[name.to_text(omit_final_dot=True).lower()] = ListedName(frozenset(kinds), _servers(node))
    except Exception as error:  # the reader of foreign text fails in many ways; each means the same here
        line = re.search(r":(\d+):", str(error))
        where = f" at line {line[1]}" if line else ""
        return Unseen(Reason.INCOMPLETE, f"the zone file cannot be read{where}: {type(error).__name__}")
    if len(found) > MAX_NAMES:
        return Unseen(Reason.INCOMPLETE, f"the zone file has more than {MAX_NAMES} names")
    return found


def _servers(node: dns.node.Node) -> tuple[str, ...]:
    return tuple(
        record.target.to_text(omit_final_dot=True).lower()
        for rdataset in node.rdatasets
        if rdataset.rdtype == dns.rdatatype.NS
        for record in rdataset
    )


def names_of_list(text: str, origin: str) -> tuple[str, ...] | Unseen:
    """The names of a plain list: one a line, `#` begins a comment, a name without a dot lies in the zone."""
    found = []
    end = origin.lower().rstrip(".")
    for number, line in enumerate(text.splitlines(), 1):
        name = line.partition("#")[0].strip().lower()
        if not name:
            continue
        name = name.rstrip(".")
        if name == "@":
            name = end
        elif "." not in name.removeprefix("*."):
            name = f"{name}.{end}"
        if not re.fullmatch(r"(\*\.)?[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9])?", name) or ".." in name:
            return Unseen(Reason.INCOMPLETE, f"line {number} of the list of names is no host name")
        if name != end and not name.endswith("." + end):
            return Unseen(Reason.INCOMPLETE, f"line {number} of the list of names is not under {end}")
        found.append(name)
    if len(found) > MAX_NAMES:
        return Unseen(Reason.INCOMPLETE, f"more than {MAX_NAMES} names")
    return tuple(dict.fromkeys(found))
