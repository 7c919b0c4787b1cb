"""Signs in error pages: those of each framework are seen, plain pages show none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts.errors import Trace
from prodproof.probes._traces import traces_in

SHOWN = [
    ("debug-page", "Django", "<code>shop.urls</code>, Django tried these URL patterns, in this order:"),
    ("debug-page", "Django", "You’re You're seeing this error because you have <code>DEBUG = True</code> in your"),
    ("debug-page", "Django", "You&#x27;re seeing this error because you have <code>DEBUG = True</code>"),
    ("stack-trace", "Python", 'Traceback (most recent call last):\n  File "/srv/a.py", line 3, in b'),
    ("debug-page", "Werkzeug", "The debugger caught an exception in your WSGI application. You can now look"),
    ("debug-page", "Rails", "<h1>Action Controller: Exception caught</h1>"),
    ("debug-page", "Laravel", "Illuminate\\Database\\QueryException"),
    ("debug-page", "Symfony", "Symfony\\Component\\HttpKernel\\Exception\\NotFoundHttpException"),
    ("stack-trace", "PHP", "<b>Warning</b>: mysqli_connect(): failed in <b>/var/www/a.php</b> on line <b>3</b>"),
    ("stack-trace", "Java", "\tat org.apache.catalina.core.StandardWrapperValve.invoke(StandardWrapperValve.java:197)"),
    (
        "stack-trace",
        "Node.js",
        "Error: x<br> &nbsp; &nbsp;at Layer.handle (/app/node_modules/express/lib/router/layer.js:95:5)",
    ),
    ("stack-trace", ".NET", "System.NullReferenceException: Object reference not set"),
    ("debug-page", "ASP.NET", "<title>Server Error in '/' Application.</title>"),
    ("stack-trace", "Go", "goroutine 18 [running]:\nmain.handler()"),
    ("stack-trace", "Ruby", "app/models/order.rb:12:in `total'"),
    ("debug-page", "Phoenix", "Phoenix.Router.NoRouteError at GET /x"),
    ("query", "PostgreSQL", "psycopg2.errors.UndefinedColumn: column does not exist"),
    ("query", "MySQL", "You have an error in your SQL syntax; check the manual"),
    ("query", "Oracle", "ORA-00933: SQL command not properly ended"),
    ("query", "SQL", 'SELECT "id", "name" FROM "orders" WHERE id = 1'),
    ("setting", "settings", "DJANGO_SETTINGS_MODULE=shop.settings"),
    ("path", "file path", "No such file: /var/www/shop/templates/x.html"),
    ("path", "file path", "C:\\inetpub\\wwwroot\\web.config"),
    ("version", "nginx", "<hr><center>nginx/1.22.1</center>"),
    ("version", "Apache", "<address>Apache/2.4.57 (Debian) Server at shop.example Port 443</address>"),
    ("version", "Apache", "<h3>Apache Tomcat/9.0.71</h3>"),
    ("version", "Jetty", "Powered by Jetty:// 9.4.z"),
]


@pytest.mark.parametrize(("kind", "of", "text"), SHOWN)
def test_traces_are_seen(kind: str, of: str, text: str) -> None:
    assert Trace(kind, of) in traces_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "<h1>Server Error (500)</h1>",
        "<center><h1>404 Not Found</h1></center><hr><center>nginx</center>",
        "<h1>Bad Request (400)</h1>",
        "Whitelabel Error Page: There was an unexpected error (type=Not Found, status=404).",
        '{"detail":"Not found."}',
        '{"error": {"code": 404, "message": "No route matches"}}',
        "<p>We select the best boats from our fleet where you are.</p>",
        '<link href="/static/app/main.css"><script src="/app/js/main.js"></script><img src="/opt/logo.png">',
        '<a href="https://shop.example/home/offers/summer.html">Offers</a>',
        "<p>Sorry, at this time (12:30) the harbour is closed.</p>",
        "<p>The warning is on line 3 of the form.</p>",
    ],
)
def test_plain_pages_show_none(text: str) -> None:
    assert traces_in(text) == ()


def test_versions_in_headers_are_seen() -> None:
    assert traces_in("", (("server", "nginx"),)) == ()
    assert traces_in("", (("server", "nginx/1.22.1"),)) == (Trace("version", "nginx (server header)"),)
    assert traces_in("", (("x-aspnet-version", "4.0.30319"),))[0].kind == "version"


def test_addresses_of_people_are_seen() -> None:
    assert traces_in("mail Ana@Shop.example", emails=("ana@shop.example",)) == (
        Trace("personal", "a person's address"),
    )


@given(st.text(max_size=2000))
def test_any_text_is_read(text: str) -> None:
    assert all(trace.kind for trace in traces_in(text))


def test_long_text_is_read_in_linear_time() -> None:
    for piece in ("at a.", "/home/a", "Warning ", "SELECT a ", "You have an error", "at /", "a" * 50 + ".rb:"):
        assert len(traces_in(piece * 60_000)) < 20
