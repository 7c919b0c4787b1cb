"""Signs of frameworks, databases, settings and paths in error pages. Pure; takes any text."""

import re

from prodproof.facts.errors import Trace

MAX_TEXT = 512 * 1024
MAX_HEADER = 500

_SIGNS: tuple[tuple[str, str, str], ...] = (
    ("debug-page", "Django", r"You(?:'|&#x27;|&#39;)re seeing this error because you have <code>DEBUG = True</code>"),
    ("debug-page", "Django", r"Using the URLconf defined in <code>|Django tried these URL patterns"),
    ("debug-page", "Django REST framework", r"class=\"request-info\"[^<>]*>.{0,200}Django REST framework"),
    ("debug-page", "Werkzeug", r"The debugger caught an exception in your WSGI application|__debugger__="),
    ("debug-page", "Rails", r"(?:Full Trace|Application Trace</a>)|Action Controller: Exception caught"),
    ("debug-page", "Rails", r"ActionController::RoutingError|Routes match in priority from top to bottom"),
    ("debug-page", "Laravel", r"Illuminate\\[A-Z]\w+|window\.ignite\(|Whoops, looks like something went wrong"),
    ("debug-page", "Symfony", r"Symfony\\(?:Component|Bundle)\\|sf-dump-"),
    ("debug-page", "ASP.NET", r"Server Error in '[^']{0,100}' Application|Stack Trace:</b>|UseDeveloperExceptionPage"),
    ("debug-page", "Phoenix", r"Phoenix\.Router\.NoRouteError|plug_router_lifecycle|\bPlug\.Debugger\b"),
    ("debug-page", "Starlette", r"<h1>500 Server Error</h1>\s*<h2>|class=\"traceback-container\""),
    ("stack-trace", "Python", r"Traceback \(most recent call last\)|File &quot;/[^&]{1,200}\.py&quot;, line \d+"),
    ("stack-trace", "Python", r"File \"/[^\"]{1,200}\.py\", line \d+"),
    ("stack-trace", "Java", r"(?:^|\s)at [\w$.]{3,120}\([\w$]{1,80}\.(?:java|kt|scala):\d+\)"),
    ("stack-trace", "Java", r"\b(?:java|javax|jakarta|org\.springframework)\.[\w.]{3,80}(?:Exception|Error)\b"),
    ("stack-trace", "Node.js", r"(?:^|\s|&nbsp;)at [^\n<]{0,160}\(?(?:/|file:///)[^\s)<]{1,200}\.[cm]?[jt]s:\d+:\d+"),
    ("stack-trace", "Go", r"goroutine \d+ \[running\]|runtime error: [a-z]"),
    ("stack-trace", ".NET", r"\bat [\w.<>`]{3,160}\([^)]{0,200}\) in [^\n]{1,200}:line \d+|System\.\w+Exception\b"),
    ("stack-trace", "Ruby", r"[\w/-]\.rb:\d+:in [`']"),
    (
        "stack-trace",
        "PHP",
        r"(?:Fatal error|Warning|Notice|Parse error|Uncaught \w*Exception)\b.{0,400}? on line (?:<b>)?\d+",
    ),
    ("stack-trace", "PHP", r"#\d+ /[^\s(]{1,200}\.php\(\d+\)"),
    ("stack-trace", "Elixir", r"\(\w+ \d+\.\d+\.\d+\) lib/[\w/]{1,100}\.ex:\d+"),
    ("query", "PostgreSQL", r"psycopg2?\.\w*(?:Error|errors)|SQLSTATE\[|PG::\w+Error|syntax error at or near"),
    ("query", "MySQL", r"You have an error in your SQL syntax|MySQLdb\.|mysqli_|com\.mysql\.jdbc"),
    ("query", "SQLite", r"sqlite3\.(?:Operational|Integrity|Programming)Error|SQLITE_ERROR"),
    ("query", "Oracle", r"\bORA-\d{5}\b"),
    ("query", "SQL", r"\bSELECT [\w\"`.*, ]{1,200} FROM [\"`\w.]{1,100} WHERE\b|\bINSERT INTO [\"`\w.]{1,80} ?\("),
    ("query", "MongoDB", r"\bMongo(?:Server)?Error\b|pymongo\.errors"),
    (
        "setting",
        "settings",
        r"\b(?:DATABASE_URL|SECRET_KEY|AWS_SECRET_ACCESS_KEY|INSTALLED_APPS|DJANGO_SETTINGS_MODULE)\b",
    ),
    (
        "path",
        "file path",
        r"(?<![\w/.:-])/(?:var/www|srv|usr/src|usr/(?:local/)?(?:lib|share))/[\w./-]{3,200}\.\w{1,5}\b",
    ),
    # `/app/main.js` and `/home/offers.html` are just as well places on the site itself.
    (
        "path",
        "file path",
        r"(?<![\w/.:-])/(?:home|opt|app|code|workspace)/[\w./-]{1,200}\.(?:py|rb|php|java|go|exs?|cs|log)\b",
    ),
    ("path", "file path", r"site-packages/|dist-packages/|/node_modules/|\b[A-Z]:\\(?:inetpub|Users|Windows|www)\\"),
    ("version", "nginx", r"\bnginx/\d+\.\d+"),
    ("version", "Apache", r"\bApache/\d+\.\d+|\bApache Tomcat/\d+"),
    ("version", "PHP", r"\bPHP/\d+\.\d+"),
    ("version", "Python", r"\bPython/\d\.\d+|\bgunicorn/\d+\.\d+|\bWerkzeug/\d+\.\d+|Django Version:|\bWSGIServer/\d"),
    ("version", "OpenSSL", r"\bOpenSSL/\d\.\d"),
    ("version", "Jetty", r"\bJetty(?:\(|://)\d*|Powered by Jetty"),
    ("version", "IIS", r"\bMicrosoft-IIS/\d+|ASP\.NET Version:\d"),
    ("version", "OpenResty", r"\bopenresty/\d+\.\d+"),
)
_COMPILED = tuple((kind, of, re.compile(pattern, re.MULTILINE | re.DOTALL)) for kind, of, pattern in _SIGNS)
_NUMBERED = re.compile(r"[A-Za-z][\w.+-]*/\d+(?:\.\d+)+")
VERSION_HEADERS = ("server", "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-generator", "via-runtime")


def traces_in(text: str, headers: tuple[tuple[str, str], ...] = (), emails: tuple[str, ...] = ()) -> tuple[Trace, ...]:
    """What an answer gives away.

    Args:
        text: its body.
        headers: its headers; those that carry version numbers count.
        emails: addresses of declared people, which must not be shown.
    """
    text = text[:MAX_TEXT]
    found = {Trace(kind, of) for kind, of, pattern in _COMPILED if pattern.search(text)}
    for name, value in headers:
        value = value[:MAX_HEADER]
        if name in VERSION_HEADERS and (_NUMBERED.search(value) or name.endswith("version")):
            product = re.split(r"[/ ]", value.strip())[0][:40]
            found.add(Trace("version", f"{product} ({name} header)" if product.isprintable() else f"{name} header"))
    lower = text.lower()
    if any(mail and mail.lower() in lower for mail in emails):
        found.add(Trace("personal", "a person's address"))
    return tuple(sorted(found, key=lambda trace: (trace.kind, trace.of)))
