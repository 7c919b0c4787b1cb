"""A site on a loopback port, visited as a browser would, and what its scripts lead to."""

import asyncio
import base64
import json
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts import Reason
from prodproof.reach.http.client import HttpClient
from prodproof.reach.world import Settings
from prodproof.trace.sources import _web_links as web_links
from prodproof.trace.sources import http as http_source
from prodproof.trace.sources._web_crawl import Bounds
from prodproof.trace.sources.http import FetchedSource, HttpSource, fetch
from tests.trace.sources.reading import read

HTML = "text/html; charset=utf-8"
JS = "text/javascript"


@dataclass
class Answer:
    """What the site answers for a path."""

    body: bytes
    kind: str = HTML
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Web:
    """A site; tests change its pages while it runs."""

    url: str = ""
    pages: dict[str, Answer] = field(default_factory=dict)
    fallback: Answer = field(default_factory=lambda: Answer(b"<title>not found</title>", status=404))
    asked: list[str] = field(default_factory=list)

    def html(self, path: str, body: str, *headers: tuple[str, str]) -> None:
        self.pages[path] = Answer(f"<!doctype html><html>{body}</html>".encode(), headers=headers)

    def script(self, path: str, body: str, *headers: tuple[str, str]) -> None:
        self.pages[path] = Answer(body.encode(), JS, headers=headers)

    def json(self, path: str, value: object) -> None:
        self.pages[path] = Answer(json.dumps(value).encode(), "application/json")


@pytest.fixture
def web() -> Iterator[Web]:
    """A site with an empty home page."""
    site = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            answer = site.pages.get(self.path.partition("?")[0], site.fallback)
            self.send_response(answer.status)
            for name, value in (("Content-Type", answer.kind), *answer.headers):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_address[1]}/"
    site.html("/", "home")
    yield site
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def value() -> bytes:
    """A secret."""
    return secrets.token_hex(16).encode()


def source_of(web: Web, **options: object) -> HttpSource:
    return HttpSource(web.url, web.url, Settings(), **options)  # type: ignore[arg-type]  # named as they are there


def source_map(source: str) -> str:
    return json.dumps({"version": 3, "sources": ["src/api.ts"], "sourcesContent": [source], "mappings": "AAAA"})


def test_pages_scripts_headers_and_cookies_are_read(web: Web, value: bytes) -> None:
    text = value.decode()
    web.html(
        "/",
        f"<script>var a = '{text}-inline'</script><script src=/app.js></script><a href='/about?token={text}'>about</a>"
        "<link rel=stylesheet href=style.css>",
        ("X-Debug", f"{text}-header"),
        ("Set-Cookie", f"a={text}-cookie; Path=/"),
        ("Set-Cookie", "b=c"),
    )
    web.html("/about", f"{text}-about <a href=/about/deep>deep</a>")
    web.html("/about/deep", f"{text}-deep")
    web.script("/app.js", f"const key = '{text}-script'; fetch('/data.json'); import('./chunks/late.mjs')")
    web.script("/chunks/late.mjs", f"{text}-chunk")
    web.json("/data.json", {"key": f"{text}-json"})
    web.pages["/style.css"] = Answer(f"/* {text}-style */".encode(), "text/css")
    found = read(source_of(web))
    places = {
        "inline": "/", "header": "/!headers", "cookie": "/!cookies", "about": "/about", "deep": "/about/deep",
        "script": "/app.js", "chunk": "/chunks/late.mjs", "json": "/data.json", "style": "/style.css",
    }  # fmt: skip
    assert {name: found.where(value + b"-" + name.encode()) for name in places} == {
        name: {path} for name, path in places.items()
    }
    assert not found.gaps
    assert not any(text in path for path in found.items)


@pytest.mark.parametrize(
    ("script", "header"),
    [
        ("x()\n//# sourceMappingURL=maps/app.map\n", ()),
        ("x()", (("SourceMap", "/maps/app.map"),)),
        ("x()", (("X-SourceMap", "maps/app.map"),)),
    ],
)
def test_source_maps_are_opened(web: Web, value: bytes, script: str, header: tuple[tuple[str, str], ...]) -> None:
    web.html("/", "<script src=app.js></script>")
    web.script("/app.js", script, *header)
    web.pages["/maps/app.map"] = Answer(source_map(f'key = "{value.decode()}"').encode(), "application/octet-stream")
    found = read(source_of(web))
    assert found.where(b'key = "' + value) == {"/maps/app.map!src/api.ts"}


def test_a_source_map_that_no_script_refers_to_is_found(web: Web, value: bytes) -> None:
    web.html("/", "<script src='/static/app.js?v=1'></script>")
    web.script("/static/app.js", "x()")
    web.json("/static/app.js.map", json.loads(source_map(value.decode())))
    assert read(source_of(web)).where(value) == {"/static/app.js.map!src/api.ts"}


def test_a_source_map_inside_a_script_is_opened(web: Web, value: bytes) -> None:
    data = base64.b64encode(source_map(value.decode()).encode()).decode()
    web.html("/", "<script src=/app.js></script>")
    web.script("/app.js", f"x()\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,{data}\n")
    assert read(source_of(web)).where(value) == {"/app.js!inline-0.map!src/api.ts"}


def test_chunks_of_a_bundler_are_found(web: Web, value: bytes) -> None:
    web.html("/", "<script src=/static/js/main.js></script>")
    web.script(
        "/static/js/main.js",
        'r.p="/",r.u=e=>"static/js/"+({12:"about"}[e]||e)+"."+{12:"aa11",345:"bb22"}[e]+".chunk.js",'
        'r.miniCssF=e=>"static/css/"+e+"."+{12:"cc33"}[e]+".chunk.css"',
    )
    web.script("/static/js/about.aa11.chunk.js", f"{value.decode()}-named")
    web.script("/static/js/345.bb22.chunk.js", f"{value.decode()}-numbered")
    web.script("/static/css/12.cc33.chunk.css", f"{value.decode()}-style")
    found = read(source_of(web))
    assert found.where(value + b"-named") == {"/static/js/about.aa11.chunk.js"}
    assert found.where(value + b"-numbered") == {"/static/js/345.bb22.chunk.js"}
    assert found.where(value + b"-style") == {"/static/css/12.cc33.chunk.css"}


def test_manifests_workers_robots_and_sitemaps_lead_on(web: Web, value: bytes) -> None:
    text = value.decode()
    base = web.url
    web.pages["/robots.txt"] = Answer(f"Sitemap: {base}maps/index.xml\n".encode(), "text/plain")
    web.pages["/maps/index.xml"] = Answer(
        f"<sitemapindex><sitemap><loc>{base}maps/one.xml</loc></sitemap></sitemapindex>".encode(), "text/xml"
    )
    web.pages["/maps/one.xml"] = Answer(f"<urlset><url><loc>{base}hidden</loc></url></urlset>".encode(), "text/xml")
    web.html("/hidden", f"{text}-page")
    web.script("/sw.js", "importScripts('/worker/precache.js')")
    web.script("/worker/precache.js", f"{text}-worker")
    web.json("/asset-manifest.json", {"files": {"main.js": "/static/js/main.7f.js"}})
    web.script("/static/js/main.7f.js", f"{text}-manifest")
    found = read(source_of(web))
    assert found.where(value + b"-page") == {"/hidden"}
    assert found.where(value + b"-worker") == {"/worker/precache.js"}
    assert found.where(value + b"-manifest") == {"/static/js/main.7f.js"}


def test_declared_paths_are_visited(web: Web, value: bytes) -> None:
    web.html("/campaign", value.decode())
    assert not read(source_of(web)).where(value)
    assert read(source_of(web, paths=("/campaign",))).where(value) == {"/campaign"}


def test_other_hosts_are_not_asked_and_their_scripts_are_a_gap(web: Web) -> None:
    port = web.url.rpartition(":")[2].strip("/")
    web.html("/", f"<script src=http://localhost:{port}/cdn.js></script><a href=http://localhost:{port}/page>x</a>")
    web.script("/cdn.js", "from the other host")
    found = read(source_of(web))
    assert "/cdn.js" not in web.asked
    assert "/page" not in web.asked
    assert found.gaps == [("//localhost", Reason.NOT_DECLARED, "1 file of this host were not loaded")]
    declared = read(source_of(web, hosts=(f"localhost:{port}",)))
    assert declared.items[f"//localhost:{port}/cdn.js"] == b"from the other host"


def test_a_site_that_answers_everything_with_its_home_page_is_read_once(web: Web, value: bytes) -> None:
    web.html("/", f"<script src=/app.js></script>{value.decode()}")
    web.script("/app.js", 'load("missing.js")')
    web.fallback = web.pages["/"]
    found = read(source_of(web))
    assert found.where(value) == {"/"}
    assert found.items["/"].count(value) == 1
    assert not found.gaps


def test_what_is_refused_or_fails_is_a_gap(web: Web) -> None:
    web.html(
        "/", "<script src=/broken.js></script><script src=/absent.js></script><a href=/busy>x</a><a href=/mine>x</a>"
    )
    web.pages["/broken.js"] = Answer(b"error", status=500)
    web.pages["/busy"] = Answer(b"slow down", status=429)
    web.pages["/mine"] = Answer(b"log in", status=403)
    found = read(source_of(web))
    assert {path: why for path, why, _ in found.gaps} == {"/broken.js": Reason.INCOMPLETE, "/busy": Reason.DENIED}
    # What was answered is searched all the same.
    assert found.items["/broken.js"] == b"error"


def test_a_refused_guess_is_a_gap(web: Web) -> None:
    web.html("/", "<script src=/app.js></script>")
    web.script("/app.js", "x()")
    web.fallback = Answer(b"slow down", status=429)
    found = read(source_of(web))
    assert found.reasons("") == {Reason.DENIED}


def test_an_answer_that_is_cut_off_is_a_gap(web: Web, value: bytes) -> None:
    web.html("/", "<script src=/app.js></script>")
    web.script("/app.js", value.decode() + "x" * 1000)
    found = read(source_of(web, bounds=Bounds(body=500)))
    assert found.where(value) == {"/app.js"}
    assert found.reasons("/app.js") == {Reason.INCOMPLETE}


def test_every_bound_is_a_gap(web: Web) -> None:
    web.html("/", "".join(f"<a href=/p{number}>x</a>" for number in range(30)) + "<script src=/app.js></script>")
    for number in range(30):
        web.html(f"/p{number}", f"<a href=/p{number}/deeper>x</a>{number}")
    web.script("/app.js", ",".join(f'"/guess/{number}.js"' for number in range(50)))
    found = read(source_of(web, bounds=Bounds(pages=10, guesses=5, depth=1)))
    details = " ".join(detail for path, _, detail in found.gaps if not path)
    assert "more pages are linked and were not visited" in details
    assert "names that scripts mention were not tried" in details
    assert len([path for path in web.asked if path.startswith("/p")]) == 9
    assert len([path for path in web.asked if path.startswith("/guess")]) <= 5


def test_redirects_stay_on_the_site(web: Web, value: bytes) -> None:
    web.pages["/"] = Answer(b"", status=302, headers=(("Location", "/start"),))
    web.html("/start", value.decode())
    assert read(source_of(web)).where(value) == {"/start"}
    web.pages["/"] = Answer(b"", status=302, headers=(("Location", "http://localhost:1/"),))
    found = read(source_of(web))
    assert found.reasons("/") == {Reason.NOT_DECLARED}
    control = source_of(web).control()
    assert control is not None
    assert control.why is Reason.NOT_DECLARED


def test_redirects_in_a_loop_end(web: Web) -> None:
    for number in range(20):
        web.pages[f"/{number}"] = Answer(b"", status=302, headers=(("Location", f"/{number + 1}"),))
    web.html("/", "<a href=/0>x</a>")
    assert Reason.INCOMPLETE in {why for _, why, _ in read(source_of(web)).gaps}


def test_links_that_end_a_session_are_not_followed(web: Web) -> None:
    web.html("/", "<a href=/logout>x</a><a href=/account/sign-out/>x</a><a href=/photo.JPG>x</a><a href=/blog>x</a>")
    read(source_of(web))
    assert "/blog" in web.asked
    assert not {"/logout", "/account/sign-out/", "/photo.JPG"} & set(web.asked)


def test_a_site_that_is_down_is_one_gap(web: Web) -> None:
    source = HttpSource("http://127.0.0.1:1/", "http://127.0.0.1:1/", Settings())
    assert [(path, why) for path, why, _ in read(source).gaps] == [("/", Reason.UNREACHABLE)]
    control = source.control()
    assert control is not None
    assert control.why is Reason.UNREACHABLE


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(b"<title>Just a moment...</title>", status=403), Reason.DENIED),
        (Answer(b"closed", status=401), Reason.INCOMPLETE),
        (Answer(b"", status=200), Reason.INCOMPLETE),
        (Answer(b"maintenance", status=503), Reason.DENIED),
    ],
)
def test_the_positive_control_is_a_home_page_of_its_own(web: Web, answer: Answer, reason: Reason) -> None:
    assert source_of(web).control() is None
    web.pages["/"] = answer
    control = source_of(web).control()
    assert control is not None
    assert control.why is reason
    assert answer.status == 200 or read(source_of(web)).reasons("/")


def test_a_site_can_be_fetched_first_and_searched_later(
    web: Web, value: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.html("/", f"<script src=/app.js></script>{value.decode()}")
    web.script("/app.js", "//# sourceMappingURL=app.js.map")
    web.json("/app.js.map", json.loads(source_map(value.decode())))
    fetched = asyncio.run(fetch(HttpClient(Settings()), web.url))
    source = FetchedSource("site", fetched)
    found = read(source)
    assert found.where(value) == {"/", "/app.js.map!src/api.ts"}
    size = source.size()
    assert size is not None
    assert size > 100
    monkeypatch.setattr(http_source, "MAX_HELD", size - 1)
    assert any(why is Reason.INCOMPLETE for _, why, _ in asyncio.run(fetch(HttpClient(Settings()), web.url)).gaps)


@pytest.mark.parametrize(
    ("script", "url", "expected"),
    [
        ('import("./late-1a.js")', "https://a.example/assets/index.js", "https://a.example/assets/late-1a.js"),
        ('["assets/About-1a.js"]', "https://a.example/assets/index.js", "https://a.example/assets/About-1a.js"),
        ('["static/chunks/1a.js"]', "https://a.example/_next/static/x/_buildManifest.js",
         "https://a.example/_next/static/chunks/1a.js"),
        (r'{"url":"\/js\/a.js"}', "https://a.example/", "https://a.example/js/a.js"),
        ('new Worker("worker.js")', "https://a.example/js/app.js", "https://a.example/js/worker.js"),
        ('s.p="https://a.example/cdn/";s.u=e=>e+"."+{7:"ff"}[e]+".js"', "https://a.example/x.js",
         "https://a.example/cdn/7.ff.js"),
        ('a.src=function(e){return s.p+"js/"+({}[e]||e)+"."+{0:"h0","a b":"h1"}[e]+".chunk.js"}(e)',
         "https://a.example/js/x.js", "https://a.example/js/0.h0.chunk.js"),
    ],
)  # fmt: skip
def test_names_in_scripts_become_urls(script: str, url: str, expected: str) -> None:
    assert expected in web_links.of_script(script, url).guesses


@given(st.text(max_size=300) | st.text("{}[]()+|\"':,.js19ae \n<>/=#", max_size=300))
def test_no_text_breaks_the_reading_of_links(text: str) -> None:
    url = "https://a.example/x/app.js"
    links = web_links.of_page(text, url)
    for found in (*links.pages, *links.assets, *links.guesses, *web_links.of_sitemap(text, url)):
        assert found.startswith(("http://", "https://"))
    web_links.of_robots(text, url)
