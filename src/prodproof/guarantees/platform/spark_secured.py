"""Spark authenticates, encrypts traffic and spills, and protects its user interface.

Risk: Anybody on the network can run code on the cluster that holds the customers' data, or read the data from its disks
and its web pages.
Verified: The files `spark-defaults.conf` and the `sparkConf` of the Spark operator's objects must switch on
authentication, network and spill encryption and the protection of the web interface; what jobs and scripts of the
repository lay over that for their sessions (`--conf`, `.config(...)`) must not switch it off. A running session is not
asked.
Mend: In spark-defaults.conf: `spark.authenticate true`, `spark.network.crypto.enabled true`,
`spark.io.encryption.enabled true`, `spark.acls.enable true`, `spark.ssl.enabled true` (or `spark.ui.enabled false`).
"""

from collections.abc import Callable
from dataclasses import replace

from prodproof.facts import Location
from prodproof.facts.streaming import SparkSetting, SparkSettings
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds

Known = dict[str, str]


def _on(*keys: str) -> Callable[[Known], bool]:
    return lambda known: any(known.get(key, "").lower() == "true" for key in keys)


def _interface_checked(known: Known) -> bool:
    return (
        _no_interface(known)
        or _on("spark.acls.enable", "spark.ui.acls.enable")(known)
        or bool(known.get("spark.ui.filters"))
    )


def _interface_encrypted(known: Known) -> bool:
    return _no_interface(known) or _on("spark.ssl.enabled", "spark.ssl.ui.enabled")(known)


def _no_interface(known: Known) -> bool:
    return known.get("spark.ui.enabled", "").lower() == "false"


DEMANDS: tuple[tuple[str, str, Callable[[Known], bool]], ...] = (
    ("spark.authenticate", "does not authenticate connections between its processes", _on("spark.authenticate")),
    ("spark.network.crypto.enabled", "does not encrypt its traffic",
     _on("spark.network.crypto.enabled", "spark.ssl.rpc.enabled", "spark.authenticate.enableSaslEncryption")),
    ("spark.io.encryption.enabled", "writes its spills to disk in the clear", _on("spark.io.encryption.enabled")),
    ("spark.acls.enable", "shows its web interface to anybody", _interface_checked),
    ("spark.ssl.enabled", "serves its web interface without TLS", _interface_encrypted),
)  # fmt: skip
"""Source: https://spark.apache.org/docs/latest/security.html"""


@guarantee(
    "platform.spark-secured",
    seeds="H-guide-DataPipeline",
    proof="inside",
    severity="high",
    when_none="not_applicable",
)
def judge(spark: SparkSettings) -> Verdict:
    """Defaults must ask for everything; overrides must take nothing back."""
    known = {item.key: item.value for item in spark.settings}
    lines = {item.key: item.line for item in spark.settings}
    findings = []
    for key, text, met in DEMANDS:
        switched_off = known.get(key, "").lower() == "false"
        if met(known) or (spark.overrides and not switched_off):
            continue
        how = f"{key}=false" if switched_off else f"{key} is not set"
        place = Location(spark.location.path, lines.get(key) or spark.location.line)
        findings.append(Finding(key.replace(".", "-").lower(), f"Spark {text} ({how})", place, key))
    if findings:
        return broken(*findings)
    return holds(
        "takes no protection back" if spark.overrides else "authenticates, encrypts and protects its interface"
    )


_AT = Location("spark/spark-defaults.conf", 1)
_WHOLE = SparkSettings(
    settings=(
        SparkSetting(key="spark.authenticate", value="true"),
        SparkSetting(key="spark.network.crypto.enabled", value="true"),
        SparkSetting(key="spark.io.encryption.enabled", value="true"),
        SparkSetting(key="spark.acls.enable", value="true"),
        SparkSetting(key="spark.ssl.enabled", value="true"),
    ),
    location=_AT,
)


def _but(**changes: str) -> SparkSettings:
    changed = {key.replace("_", "."): value for key, value in changes.items()}
    kept = tuple(replace(item, value=changed.get(item.key, item.value)) for item in _WHOLE.settings)
    return replace(_WHOLE, settings=kept)


_JOB = SparkSettings(
    settings=(SparkSetting(key="spark.authenticate", value="false", line=12),), overrides=True, location=_AT
)

EXAMPLES = (
    Example("everything on", _WHOLE, holds),
    Example("no authentication", _but(spark_authenticate="false"), broken, says="spark.authenticate=false"),
    Example("plain traffic", _but(spark_network_crypto_enabled="false"), broken, says="traffic"),
    Example("plain spills", _but(spark_io_encryption_enabled="false"), broken, says="spills"),
    Example("nothing set", replace(_WHOLE, settings=()), broken, says="not set"),
    Example("a job that switches it off", _JOB, broken, says="spark.authenticate=false"),
    Example("a job that sets something else", replace(_JOB, settings=()), holds),
    Example(
        "no web interface at all",
        replace(_WHOLE, settings=(*_WHOLE.settings[:3], SparkSetting(key="spark.ui.enabled", value="false"))),
        holds,
    ),
    Example(
        "filters guard the web interface",
        replace(
            _WHOLE,
            settings=(
                *(item for item in _WHOLE.settings if item.key != "spark.acls.enable"),
                SparkSetting(key="spark.ui.filters", value="org.acme.SignOn"),
            ),
        ),
        holds,
    ),
    Example("anybody sees the web interface", _but(spark_acls_enable="false"), broken, says="to anybody"),
    Example("the web interface without TLS", _but(spark_ssl_enabled="false"), broken, says="without TLS"),
)
