"""A package that is declared, installed and updated, and used by nothing."""

from prodproof.facts import Reason
from prodproof.range.components.interpreter import Interpreter
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def nobody_imports_it(harbour: Range) -> None:
    """A declared package that nothing imports."""
    harbour.repo.replace("requirements.in", "redis", "redis\nrequests")


def no_metadata(harbour: Range) -> None:
    """The virtual environment is not there, so that nobody can know that Pillow is PIL."""
    harbour.part(Interpreter).vanish()


def npm_package_not_imported(harbour: Range) -> None:
    """The page uses a copy of its own instead."""
    harbour.repo.replace("assets/shop.js", 'from "htmx.org"', 'from "./htmx.js"')


FAULT = Fault(
    guarantee="supply.no-unused-dependencies",
    breaks=nobody_imports_it,
    says="nothing uses requests",
    subject="file:requirements.in",
    variants=(npm_package_not_imported,),
    withdraws=no_metadata,
    reason=Reason.NOT_CONFIGURED,
    needs=("repo", "interpreter"),
    touches=("supply.versions-pinned",),
)
