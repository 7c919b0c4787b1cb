import shutil

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.lab import Lab


def nobody_imports_it(lab: Lab) -> None:
    """A declared package that nothing imports."""
    lab.repo.replace("requirements.in", "psycopg", "psycopg\nrequests")


def no_metadata(lab: Lab) -> None:
    """The virtual environment is not there, so that nobody can know that Pillow is PIL."""
    shutil.rmtree(lab.interpreter.directory)


FAULT = Fault(
    guarantee="supply.no-unused-dependencies",
    breaks=nobody_imports_it,
    says="nothing uses requests",
    variants=(lambda lab: lab.repo.replace("assets/shop.js", 'from "htmx.org"', 'from "./htmx.js"'),),
    withdraws=no_metadata,
    reason=Reason.NOT_CONFIGURED,
    needs=("repo", "interpreter"),
)
