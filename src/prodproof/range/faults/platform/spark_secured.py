"""Spark without authentication."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

DEFAULTS = "spark/spark-defaults.conf"


def authentication_off(harbour: Range) -> None:
    harbour.repo.replace(DEFAULTS, "spark.authenticate               true", "spark.authenticate false")


def files_on_disk_not_encrypted(harbour: Range) -> None:
    """What spills over from memory, and what is shuffled."""
    harbour.repo.replace(DEFAULTS, "spark.io.encryption.enabled      true\n", "")


def web_pages_without_tls(harbour: Range) -> None:
    harbour.repo.replace(DEFAULTS, "spark.ssl.enabled                true\n", "")


def job_switches_encryption_off(harbour: Range) -> None:
    """What a job is submitted with overrides the defaults."""
    harbour.repo.write("spark/report.sh", "spark-submit --conf spark.network.crypto.enabled=false report.py\n")


def defaults_unreadable(harbour: Range) -> None:
    harbour.repo.garble(DEFAULTS)


FAULT = Fault(
    guarantee="platform.spark-secured",
    breaks=authentication_off,
    says="spark.authenticate=false",
    subject="file:spark/spark-defaults.conf",
    variants=(files_on_disk_not_encrypted, web_pages_without_tls, job_switches_encryption_off),
    withdraws=defaults_unreadable,
    reason=Reason.INCOMPLETE,
)
