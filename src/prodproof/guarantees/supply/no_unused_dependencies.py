"""Dependencies that nothing uses are removed.

Risk: A package that nobody needs still runs in your build, still has holes to patch, and still is a door for whoever
takes it over.
Verified: The packages that Python manifests and package.json ask for, to run with, are compared with imports, dotted
names in settings, entry points, commands and scripts of the whole repository. What a Python package makes importable,
its commands and plugins are read from the metadata of a virtual environment in the repository (`.venv`), as files
(Pillow is PIL); npm's from package-lock.json. A package without metadata that is not named anywhere is unknown, not
unused. Plugins, database drivers, password hashers and storages that a framework loads by itself count as used, and so
does what another package in the list needs. Development and test requirements, lock files and compiled lists are not
judged; a Dart package that is not imported is unknown too, and so are other ecosystems (Go, Rust, Ruby, PHP).
Mend: Remove the package from the manifest and lock anew; if something loads it by a name that is not in the
repository, name that in a waiver.
"""

from dataclasses import replace

from prodproof.facts import Location, Reason
from prodproof.facts.dependencies import Ecosystem
from prodproof.facts.dependency_use import AskedPackage, DependencyUse
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown


@guarantee("supply.no-unused-dependencies", seeds="L-1", proof="inside", severity="low", when_none="not_applicable")
def judge(use: DependencyUse) -> Verdict:
    """One manifest."""
    idle = [item for item in use.packages if not item.used]
    findings = [
        Finding(
            "unused-package",
            f"nothing uses {item.name}",
            Location(use.path, item.line),
            item.name,
            f"remove {item.name}",
        )
        for item in idle
        if item.described
    ]
    if findings:
        return broken(*findings)
    if idle:
        names = ", ".join(item.name for item in idle[:3]) + (" …" if len(idle) > 3 else "")
        text = f"nothing names {names}, and {_HOW[use.ecosystem]}"
        return unknown(Reason.NOT_CONFIGURED, text)
    count = len(use.packages)
    return holds("1 package, and it is used" if count == 1 else f"{count} packages, all of them used")


_SAID = {
    Ecosystem.PYPI: "the name to import it by is not known: install the packages into .venv first",
    Ecosystem.PUB: "packages with native code or assets alone need no import",
}
_HOW = {item: _SAID.get(item, "without package-lock.json their commands are not known") for item in Ecosystem}

_DJANGO = AskedPackage(name="django", described=True, used="imported in shop/settings.py", line=1)
_PILLOW = AskedPackage(name="pillow", described=True, used="imported in shop/images.py", line=2)
_WHOLE = DependencyUse(
    path="requirements.in",
    ecosystem=Ecosystem.PYPI,
    packages=(_DJANGO, _PILLOW),
    metadata=".venv/lib/python3.12/site-packages",
)

EXAMPLES = (
    Example("both are imported", _WHOLE, holds),
    Example(
        "a package that nothing imports",
        replace(_WHOLE, packages=(_DJANGO, replace(_PILLOW, used=""))),
        broken,
        says="nothing uses pillow",
    ),
    Example(
        "not installed, so nobody knows its modules",
        replace(_WHOLE, packages=(_DJANGO, replace(_PILLOW, used="", described=False)), metadata=""),
        unknown,
        says=".venv",
        reason=Reason.NOT_CONFIGURED,
    ),
)
