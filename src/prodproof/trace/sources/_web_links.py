"""What a page and a script lead to: links, scripts, chunks, source maps. Pure, and never raises for what it reads."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from prodproof.reach.http.exchange import resolved

MAX_TEXT = 32 * 1024 * 1024
MAX_NAMES = 2000
"""Names that are taken from one script."""

MAX_LITERAL = 300

_ASSET = r"(?:m?js|json|css|map|webmanifest)"
_LITERAL = re.compile(rf"""["'`]([^"'`\s<>{{}}$\\]{{1,{MAX_LITERAL}}}?\.{_ASSET}(?:\?[^"'`\s<>]{{0,100}})?)["'`]""")
_SOURCE_MAP = re.compile(r"[#@]\s*sourceMappingURL=([^\s'\"*]+)")
_TEMPLATE_END = re.compile(rf'\+\s*"([^"\\]{{0,100}}\.{_ASSET})"')
_PUBLIC_PATH = re.compile(r'\b\w\.p\s*=\s*"([^"\\]{1,200})"')
_ENTRY = re.compile(r"""(?:"([^"]*)"|'([^']*)'|([\w$]+))\s*:\s*["']([^"']*)["']""")
_REFRESH = re.compile(r"url\s*=\s*['\"]?([^'\"\s]+)", re.IGNORECASE)
_LOCATION = re.compile(r"<loc>\s*(?:<!\[CDATA\[)?\s*([^<\s\]]{1,2000})", re.IGNORECASE)
_ROBOTS_SITEMAP = re.compile(r"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)

_MEDIA = re.compile(
    r"\.(?:png|jpe?g|gif|webp|avif|svg|ico|bmp|woff2?|ttf|otf|eot|mp[34]|webm|og[gv]|wav|mov|avi|pdf|docx?|xlsx?|pptx?"
    r"|zip|gz|tgz|bz2|xz|7z|rar|exe|dmg|apk|iso|deb|rpm)$",
    re.IGNORECASE,
)
_LEAVING = re.compile(r"/(?:log-?out|sign-?out|log_out|sign_out|unsubscribe)(?:/|\.|$)", re.IGNORECASE)
_ASSET_RELATIONS = frozenset({"modulepreload", "preload", "prefetch", "manifest", "stylesheet", "serviceworker"})


@dataclass
class Links:
    """Absolute URLs, in their order."""

    pages: list[str] = field(default_factory=list)
    assets: list[str] = field(default_factory=list)
    """Loaded by the browser: they must be there."""

    guesses: list[str] = field(default_factory=list)
    """Names that may be files: that one is not there means nothing."""

    maps: list[bytes] = field(default_factory=list)
    """Source maps that are written out in the text, as `data:` URLs have them."""


def of_page(text: str, url: str) -> Links:
    """What an HTML page leads to."""
    parser = _Parser()
    try:
        parser.feed(text[:MAX_TEXT])
    except (AssertionError, ValueError):  # the parser's own way of giving up; what it had read until then counts
        pass
    base = resolved(url, parser.base) or url
    links = of_script(text, url, base)
    pages = (resolved(base, link) for link in parser.pages)
    links.pages = [page for page in _once(pages) if not _MEDIA.search(_path(page)) and not _LEAVING.search(_path(page))]
    links.assets = [*_once(resolved(base, link) for link in parser.assets), *links.assets]
    return links


def of_script(text: str, url: str, base: str | None = None) -> Links:
    """What a script loads: its source map, chunks, workers, manifests.

    Args:
        url: of the script, or of the page that it stands in.
        base: what relative names start from; the script itself if None.
    """
    text = text[:MAX_TEXT].replace("\\/", "/")
    links = Links()
    for match in _SOURCE_MAP.finditer(text):
        _source_map(match[1], url, links)
    names = [match[1] for match in _LITERAL.finditer(text)][:MAX_NAMES]
    names += _templates(text)
    public = [match[1] for match in _PUBLIC_PATH.finditer(text)][:5]
    links.guesses = list(_once(found for name in names for found in _candidates(name, base or url, public)))
    return links


def of_sitemap(text: str, url: str) -> list[str]:
    """The pages, or further sitemaps, that a sitemap lists (sitemaps.org)."""
    return list(_once(resolved(url, match[1].replace("&amp;", "&")) for match in _LOCATION.finditer(text[:MAX_TEXT])))


def of_robots(text: str, url: str) -> list[str]:
    """The sitemaps that robots.txt names."""
    return list(_once(resolved(url, match[1]) for match in _ROBOTS_SITEMAP.finditer(text)))


def _source_map(name: str, url: str, links: Links) -> None:
    if name.startswith("data:"):
        links.maps.append(name.encode("ascii", "ignore"))
    elif found := resolved(url, name):
        links.assets.append(found)


def _candidates(name: str, url: str, public: Iterable[str]) -> Iterator[str | None]:
    """Where a name in a script may lead: bundlers write them from the site's root, their folder, or the script."""
    if name.startswith(("/", "./", "../", "http:", "https:")):
        yield resolved(url, name)
        return
    first, slash, _ = name.partition("/")
    before, found, _ = urlsplit(url).path.rpartition(f"/{first}/")
    if slash and found:
        yield resolved(url, f"{before}/{name}")
    else:
        yield resolved(url, name)
        yield resolved(url, f"/{name}")
    for prefix in public:
        yield resolved(url, urljoin(prefix, name) if prefix.endswith("/") else prefix + name)


def _templates(text: str) -> list[str]:
    """Names that a bundler's runtime puts together: `"js/" + ({1: "about"}[e] || e) + "." + {1: "ab12"}[e] + ".js"`."""
    names: list[str] = []
    for match in _TEMPLATE_END.finditer(text):
        pieces = _pieces(text, match.start())
        keys = {key: None for piece in pieces if isinstance(piece, _Map) for key in piece.names}
        for key in keys:
            parts = [piece if isinstance(piece, str) else piece.of(key) for piece in pieces]
            if None not in parts and len(names) < MAX_NAMES:
                names.append("".join(part or "" for part in parts) + match[1])
    return names


@dataclass(frozen=True)
class _Map:
    """An expression of the chunk's number."""

    names: dict[str, str]
    otherwise: bool
    """Whether the number itself stands for those that are not in the map."""

    def of(self, key: str) -> str | None:
        return self.names.get(key, key if self.otherwise else None)


def _pieces(text: str, end: int) -> list["str | _Map"]:
    """The parts of a sum of texts, read backwards from where its last one begins."""
    pieces: list[str | _Map] = []
    while len(pieces) < 12:
        rest = text[max(0, end - MAX_LITERAL) : end].rstrip()
        end -= len(text[max(0, end - MAX_LITERAL) : end]) - len(rest)
        if rest.endswith('"'):
            start = text.rfind('"', 0, end - 1)
            piece: str | _Map = text[start + 1 : end - 1]
        elif match := re.search(r"\}\s*\[\w{1,20}\](\s*\|\|\s*\w{1,20}\s*\))?$", rest):
            start = text.rfind("{", max(0, end - 200_000), end)
            entries = _ENTRY.finditer(text[start:end])
            piece = _Map(
                {a or b or c: value for a, b, c, value in (entry.groups() for entry in entries)}, bool(match[1])
            )
            if match[1]:
                start = text.rfind("(", 0, start)
        elif match := re.search(r"(?<![\w$.)\]])[\w$]{1,20}$", rest):
            start = end - len(match[0])
            piece = _Map({}, True)
        else:
            break
        if start < 0:
            break
        pieces.insert(0, piece)
        before = text[max(0, start - 20) : start].rstrip()
        if not before.endswith("+"):
            break
        end = start - (len(text[max(0, start - 20) : start]) - len(before)) - 1
    return pieces


def _path(url: str) -> str:
    return urlsplit(url).path


def _once(urls: Iterable[str | None]) -> Iterator[str]:
    yield from dict.fromkeys(url for url in urls if url)


class _Parser(HTMLParser):
    """Collects what a page refers to."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base = ""
        self.pages: list[str] = []
        self.assets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: (value or "").strip() for key, value in reversed(attrs)}
        if tag == "base" and not self.base:
            self.base = given.get("href", "")
        elif tag in ("a", "area") and given.get("href"):
            self.pages.append(given["href"])
        elif tag in ("iframe", "frame") and given.get("src"):
            self.pages.append(given["src"])
        elif tag == "script" and given.get("src"):
            self.assets.append(given["src"])
        elif tag == "link" and given.get("href"):
            relations = set(given.get("rel", "").lower().split())
            if relations & _ASSET_RELATIONS and given.get("as", "").lower() not in ("font", "image", "audio", "video"):
                self.assets.append(given["href"])
            elif relations & {"alternate", "next", "prev", "canonical"}:
                self.pages.append(given["href"])
        elif tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
            self.pages += _REFRESH.findall(given.get("content", ""))
