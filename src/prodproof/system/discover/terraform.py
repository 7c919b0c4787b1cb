"""Terraform: its directories, and the stores, zones and hosts that it makes."""

import re
from collections.abc import Iterator
from itertools import islice

from prodproof.facts import Location
from prodproof.facts.repository import RepositoryTree
from prodproof.system.discover.found import Found, Kind, at, files, hosts_in, sections

_RESOURCE = re.compile(r'^resource\s+"(\w{1,80})"\s+"([\w-]{1,80})"\s*\{', re.MULTILINE)
_NAME = re.compile(r'^[ \t]*(?:name|domain_name|zone|domain|dns_name)\s*=\s*"([^"\n]{1,253})"', re.MULTILINE)
_STORES = (
    (re.compile(r"aws_(db_instance|rds_cluster)$|google_sql_database_instance|azurerm_\w*(postgresql|mysql|mssql)\w*server|"
                r"digitalocean_database_cluster"), "database"),
    (re.compile(r"aws_s3_bucket$|google_storage_bucket$|azurerm_storage_account$|"
                r"digitalocean_spaces_bucket$"), "bucket"),
    (re.compile(r"aws_elasticache_(cluster|replication_group)|google_redis_instance|azurerm_redis_cache"), "redis"),
    (re.compile(r"aws_dynamodb_table$"), "dynamodb"),
    (re.compile(r"aws_(opensearch|elasticsearch)_domain$"), "search"),
    (re.compile(r"aws_efs_file_system$"), "files"),
    (re.compile(r"aws_sqs_queue$|aws_mq_broker$"), "queue"),
)  # fmt: skip
_ZONES = re.compile(r"aws_route53_zone|google_dns_managed_zone|cloudflare_zone|azurerm_dns_zone|digitalocean_domain")
_NAMES = re.compile(
    r"aws_route53_record|aws_acm_certificate$|aws_cloudfront_distribution|cloudflare_(dns_)?record|aws_alb_listener_rule"
)


def find(tree: RepositoryTree) -> Iterator[Found]:
    """One finding for each directory, and those of its resources."""
    directories: dict[str, str] = {}
    for file in files(tree, r"(.*/)?[^/]+\.tf"):
        directories.setdefault(file.path.rpartition("/")[0] or ".", file.path)
        for match, following in sections(_RESOURCE, file.text):
            resource, label = match[1], match[2]
            kind = next((kind for pattern, kind in _STORES if pattern.match(resource)), None)
            if kind:
                yield Found(Kind.DATA_STORE, label, at(file, match.start()), kind)
            if not (_ZONES.match(resource) or _NAMES.match(resource)):
                continue
            for named in islice(_NAME.finditer(file.text, match.end(), following), 20):
                for found in hosts_in(file, named[1], named.start(1), resource):
                    zone = bool(_ZONES.match(resource))
                    yield Found(Kind.ZONE, found.name, found.at, resource) if zone else found
    for directory, path in sorted(directories.items()):
        yield Found(Kind.TERRAFORM, directory, Location(path))
