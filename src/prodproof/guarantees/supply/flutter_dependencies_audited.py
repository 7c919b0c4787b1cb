"""Flutter dependencies (pubspec.lock) are reviewed for known vulnerabilities too.

Risk: TODO.
Verified: pubspec.lock against the same advisories.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.flutter-dependencies-audited",
    seeds="M-P9",
    proof="inside",
    severity="medium",
    module=__name__,
)
