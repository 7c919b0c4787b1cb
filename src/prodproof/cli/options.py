"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Target = Annotated[str, typer.Argument(metavar="[PATH|FILE|URL]", help="A repository, a system file, or a URL.")]
PathTarget = Annotated[str, typer.Argument(metavar="[PATH|FILE]", help="A repository or a system file.")]
Env = Annotated[str | None, typer.Option("--env", help="Environment; production, or the only one, if left out.")]
State = Annotated[Path | None, typer.Option("--state", help="Directory of the ledger; beside the system file if not.")]
Trust = Annotated[
    bool, typer.Option("--trust", help="For this run, allow what the system file runs, contacts and resolves.")
]
Django = Annotated[
    str | None,
    typer.Option("--django", help="The command that runs manage.py where it serves: 'python manage.py'. Needs trust."),
]
CaFile = Annotated[
    Path | None,
    typer.Option("--ca-file", envvar="PRODPROOF_CA_FILE", help="A private CA (PEM) to trust beside the system's."),
]
Rate = Annotated[
    float,
    typer.Option("--rate", min=0.1, max=1000, envvar="PRODPROOF_RATE", help="Requests a second to one host."),
]
ScanRate = Annotated[
    float,
    typer.Option(
        "--scan-rate",
        min=1,
        max=100_000,
        envvar="PRODPROOF_SCAN_RATE",
        help="Connection attempts a second in a port scan of another machine.",
    ),
]
Resolve = Annotated[
    list[str] | None,
    typer.Option(
        "--resolve", metavar="HOST=ADDRESS", envvar="PRODPROOF_RESOLVE", help="Use this address for a host name."
    ),
]
Source = Annotated[
    str | None,
    typer.Option("--source-address", envvar="PRODPROOF_SOURCE_ADDRESS", help="The local address to look from."),
]
WebPorts = Annotated[
    tuple[int, int],
    typer.Option(
        "--web-ports",
        metavar="HTTP HTTPS",
        envvar="PRODPROOF_WEB_PORTS",
        min=1,
        max=65535,
        help="Where the names of a zone are visited, in labs.",
    ),
]
Only = Annotated[list[str] | None, typer.Option("--only", metavar="GLOB", help="Guarantees, for example 'supply.*'.")]
Areas = Annotated[list[str] | None, typer.Option("--area", metavar="AREA", help="All guarantees of an area.")]
Vantage = Annotated[str, typer.Option("--vantage", help="The name of the place that this looks from.")]
