"""Where administration panels usually are."""

import re

from prodproof.probes._paths import Wanted

PANELS = (
    ("/admin/", "administration", None),
    ("/admin", "administration", None),
    ("/administrator/", "administration", None),
    ("/django-admin/", "administration", None),
    ("/admin.php", "administration", None),
    ("/backoffice/", "administration", None),
    ("/backend/", "administration", None),
    ("/staff/", "administration", r"(?i)log ?in|administration"),
    ("/superadmin/", "administration", None),
    ("/cms/", "content management", r"(?i)log ?in|wagtail|administration"),
    ("/wp-admin/", "WordPress", r"(?i)wordpress|wp-login"),
    ("/wp-login.php", "WordPress", r"(?i)wordpress|wp-login"),
    ("/phpmyadmin/", "phpMyAdmin", r"(?i)phpmyadmin"),
    ("/pma/", "phpMyAdmin", r"(?i)phpmyadmin"),
    ("/adminer.php", "Adminer", r"(?i)adminer"),
    ("/pgadmin4/", "pgAdmin", r"(?i)pgadmin"),
    ("/manager/html", "Tomcat manager", r"(?i)tomcat"),
    ("/jenkins/", "Jenkins", r"(?i)jenkins"),
    ("/grafana/", "Grafana", r"(?i)grafana"),
    ("/kibana/", "Kibana", r"(?i)kibana|elastic"),
    ("/prometheus/", "Prometheus", r"(?i)prometheus"),
    ("/alertmanager/", "Alertmanager", r"(?i)alertmanager"),
    ("/flower/", "Celery Flower", r"(?i)flower|celery"),
    ("/django-rq/", "Django RQ", r"(?i)\brq\b|log ?in"),
    ("/sidekiq", "Sidekiq", r"(?i)sidekiq"),
    ("/horizon", "Laravel Horizon", r"(?i)horizon"),
    ("/solr/", "Solr", r"(?i)solr"),
    ("/portainer/", "Portainer", r"(?i)portainer"),
    ("/airflow/", "Airflow", r"(?i)airflow"),
    ("/metabase/", "Metabase", r"(?i)metabase"),
    ("/dashboard/", "Traefik dashboard", r"(?i)traefik"),
    ("/rabbitmq/", "RabbitMQ", r"(?i)rabbitmq"),
)


def well_known() -> tuple[Wanted, ...]:
    """Every path of the list."""
    return tuple(
        Wanted(path, what, re.compile(sign) if sign else None, needs_sign=sign is not None)
        for path, what, sign in PANELS
    )
