"""Dependencies that nothing uses are removed.

Risk: TODO.
Verified: Imports, settings strings, entry points and commands of the code against declared dependencies, through
installed metadata (Pillow is PIL; gunicorn is a command); without the metadata unknown.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "supply.no-unused-dependencies",
    seeds="L-1",
    proof="inside",
    severity="medium",
    module=__name__,
)
