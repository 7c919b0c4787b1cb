"""Spark without authentication."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault

DEFAULTS = "spark/spark-defaults.conf"

FAULT = Fault(
    guarantee="platform.spark-secured",
    breaks=lambda harbour: harbour.repo.replace(DEFAULTS, "spark.authenticate               true", "spark.authenticate false"),
    says="spark.authenticate=false",
    variants=(
        lambda harbour: harbour.repo.replace(DEFAULTS, "spark.io.encryption.enabled      true\n", ""),
        lambda harbour: harbour.repo.replace(DEFAULTS, "spark.ssl.enabled                true\n", ""),
        lambda harbour: harbour.repo.write(
            "spark/report.sh", "spark-submit --conf spark.network.crypto.enabled=false report.py\n"
        ),
    ),
    withdraws=lambda harbour: harbour.repo.garble(DEFAULTS),
    reason=Reason.INCOMPLETE,
)
