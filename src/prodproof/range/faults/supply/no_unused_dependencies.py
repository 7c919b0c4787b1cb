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


FAULT = Fault(
    guarantee="supply.no-unused-dependencies",
    breaks=nobody_imports_it,
    says="nothing uses requests",
    variants=(lambda harbour: harbour.repo.replace("assets/shop.js", 'from "htmx.org"', 'from "./htmx.js"'),),
    withdraws=no_metadata,
    reason=Reason.NOT_CONFIGURED,
    needs=("repo", "interpreter"),
)
