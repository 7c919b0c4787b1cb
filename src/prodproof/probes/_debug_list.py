"""Where debug, test and development endpoints usually are, and what they look like."""

import re

from prodproof.probes._paths import Wanted

ENV_FILE = "environment file"
_ASSIGNMENT = r"(?m)^[ \t]*(export )?[A-Z][A-Z0-9_]{2,}\s*="

MARKED = (
    ("/.env", ENV_FILE, _ASSIGNMENT),
    ("/.env.local", ENV_FILE, _ASSIGNMENT),
    ("/.env.production", ENV_FILE, _ASSIGNMENT),
    ("/.git/HEAD", "git repository", r"\A(ref: refs/|[0-9a-f]{40}\s*\Z)"),
    ("/.git/config", "git repository", r"(?m)^\[core\]"),
    ("/.svn/entries", "Subversion work copy", r"\A(\d+\s|dir\b)"),
    ("/.DS_Store", "folder listing of a Mac", r"Bud1"),
    ("/docker-compose.yml", "compose file", r"(?m)^services:"),
    ("/Dockerfile", "Dockerfile", r"(?m)^FROM "),
    ("/settings.py", "Python settings", r"SECRET_KEY|INSTALLED_APPS"),
    ("/db.sqlite3", "SQLite database", r"\ASQLite format 3"),
    ("/backup.sql", "database dump", r"CREATE TABLE|database dump|INSERT INTO"),
    ("/dump.sql", "database dump", r"CREATE TABLE|database dump|INSERT INTO"),
    ("/wp-config.php.bak", "WordPress settings", r"DB_PASSWORD"),
    ("/__debug__/render_panel/?store_id=0", "Django debug toolbar", r"\"(content|scripts)\"|djDebug"),
    ("/silk/", "Django Silk profiler", r"(?i)silk(y)?\b"),
    ("/phpinfo.php", "phpinfo", r"phpinfo\(\)|PHP Version"),
    ("/info.php", "phpinfo", r"phpinfo\(\)|PHP Version"),
    ("/_profiler/", "Symfony profiler", r"Symfony Profiler|sf-toolbar"),
    ("/app_dev.php", "Symfony development front controller", r"sf-toolbar|Symfony"),
    ("/telescope", "Laravel Telescope", r"Telescope"),
    ("/_debugbar/open", "Laravel debug bar", r"\"__meta\"|debugbar|\A\[\]"),
    ("/_ignition/health-check", "Laravel Ignition", r"can_execute_commands"),
    ("/rails/info/properties", "Rails information", r"Rails version|Ruby version"),
    ("/rails/info/routes", "Rails routes", r"Path / Url|Controller#Action"),
    ("/console", "Werkzeug console", r"(?i)werkzeug|Interactive Console"),
    ("/debug/pprof/", "Go profiler", r"Types of profiles available|/debug/pprof/"),
    ("/debug/vars", "Go variables", r"\"memstats\"|\"cmdline\""),
    ("/actuator", "Spring actuator", r"\"_links\""),
    ("/actuator/env", "Spring actuator", r"\"propertySources\"|\"activeProfiles\""),
    ("/h2-console/", "H2 database console", r"H2 Console"),
    ("/jolokia/version", "Jolokia", r"\"agent\""),
    ("/druid/index.html", "Druid monitor", r"Druid Stat"),
    ("/elmah.axd", "ELMAH error log", r"Error Log for|ELMAH"),
    ("/trace.axd", "ASP.NET trace", r"Application Trace|Requests to this Application"),
    ("/server-status", "Apache status", r"Apache (Server )?Status|Server uptime"),
    ("/server-info", "Apache configuration", r"Apache Server Information"),
    ("/nginx_status", "nginx status", r"Active connections:"),
    ("/metrics", "Prometheus metrics", r"(?m)^# (HELP|TYPE) "),
    ("/graphiql", "GraphiQL", r"(?i)graphiql"),
    ("/playground", "GraphQL playground", r"GraphQL Playground"),
    ("/@vite/client", "Vite development server", r"vite|HMRContext|__HMR"),
    ("/webpack-dev-server", "webpack development server", r"webpack"),
    ("/sockjs-node/info", "webpack development server", r"\"websocket\""),
)
UNMARKED = ("/debug/", "/debug", "/test/", "/phptest.php", "/dev/")

_TELLING = re.compile(
    r"(^|[/_.-])(__debug__|debug|debugger|djdt|silk|test|tests|testing|sandbox|playground|phpinfo|dev|profiler)([/_.-]|$)",
    re.IGNORECASE,
)


def well_known() -> tuple[Wanted, ...]:
    """Every path of the list."""
    marked = tuple(Wanted(path, what, re.compile(sign), needs_sign=True) for path, what, sign in MARKED)
    return marked + tuple(Wanted(path, "development endpoint by its name") for path in UNMARKED)


def tells_debug(pattern: str, name: str, view: str) -> bool:
    """Whether a route's pattern, name or view says that it is for debugging or testing."""
    own_view = view.rpartition(".")[2]
    return bool(
        _TELLING.search(pattern)
        or _TELLING.search(name.replace("-", "_"))
        or "debug_toolbar" in view
        or view.startswith("silk.")
        or _TELLING.search(own_view)
    )
