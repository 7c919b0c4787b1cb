"""Each class of nginx mistake, beside the harmless line that looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts.infrastructure import Flaw
from prodproof.probes._nginx_rules import flaws
from prodproof.reach.files.nginx import Directive, read_nginx


def judged(text: str) -> tuple[tuple[Flaw, ...], str]:
    root = read_nginx(text)
    assert isinstance(root, Directive), root
    return flaws(root)


def checks(text: str) -> list[str]:
    found, doubt = judged(text)
    assert doubt == ""
    return [flaw.check.removeprefix("nginx-") for flaw in found]


@pytest.mark.parametrize(
    "text",
    [
        "location /fetch/ { proxy_pass $arg_url; }",
        "location ~ ^/fetch/([\\w.]+)/(.*)$ { set $to $1; proxy_pass http://$to/x; }",
        "location ~ ^/(?<rest>[a-z.]+)$ { proxy_pass http://api$rest; }",
        "location /x/ { proxy_pass http://$http_x_backend; }",
    ],
)
def test_request_forgery(text: str) -> None:
    assert checks(text) == ["ssrf"]


@pytest.mark.parametrize(
    "text",
    [
        "location /x/ { internal; proxy_pass $arg_url; }",
        "location /x/ { proxy_pass http://api$request_uri; }",
        "location ~ ^/x/(.*)$ { proxy_pass http://api.internal/$1; }",
        "location ~ ^/(en|fr)/ { proxy_pass http://shop_$1; }",
        "location / { set $to http://api.internal; proxy_pass $to; }",
        "map $host $pool { default a; }\nserver { location / { proxy_pass http://$pool; } }",
    ],
)
def test_no_request_forgery(text: str) -> None:
    assert checks(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "return 301 https://$host$uri;",
        "return https://shop.example$uri;",
        "rewrite ^ http://shop.example$document_uri permanent;",
        "add_header X-Path $uri;",
        "proxy_set_header X-Original-URI $uri;",
        r"location ~ ^/a/([^/]+)$ { proxy_pass http://api.internal/$1; }",
    ],
)
def test_header_splitting(text: str) -> None:
    assert checks(text) == ["http-splitting"]


@pytest.mark.parametrize(
    "text",
    [
        "return 301 https://shop.example$request_uri;",
        "return 200 $uri;",
        "return 404;",
        "rewrite ^/old/(.*)$ /new/$uri last;",
        "proxy_set_header X-Real-IP $remote_addr;",
        r"location ~ ^/a/(\d+)$ { proxy_pass http://api.internal/$1; }",
    ],
)
def test_no_header_splitting(text: str) -> None:
    assert checks(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("location /files { alias /srv/files/; }", ["alias-traversal"]),
        ("location ^~ /files { alias /srv/files/; }", ["alias-traversal"]),
        ("location /files/ { alias /srv/files/; }", []),
        ("location = /files { alias /srv/files; }", []),
        ("location ~ ^/files { alias /srv/files/; }", []),
        ("location /favicon.ico { alias /srv/static/favicon.ico; }", []),
        ("proxy_set_header Host $http_host;", ["host-spoofing"]),
        ("proxy_set_header Host ${http_host};", ["host-spoofing"]),
        ("proxy_set_header Host $host;", []),
        ("valid_referers server_names none;", ["valid-referers"]),
        ("valid_referers server_names *.none.example;", []),
        ('add_header Content-Security-Policy "default-src\n none";', ["multiline-header"]),
        ("more_set_headers -t 'text/html\n text/plain' 'X-A: b';", []),
    ],
)
def test_other_classes(text: str, expected: list[str]) -> None:
    assert checks(text) == expected


def test_security_headers_lost_in_a_block() -> None:
    site = "add_header X-Frame-Options DENY;\nlocation /a/ {{ add_header X-A b; {more} }}"
    found, _ = judged(site.format(more=""))
    assert [(flaw.check, flaw.line) for flaw in found] == [("nginx-header-redefinition", 2)]
    assert "x-frame-options" in found[0].title
    assert checks(site.format(more="add_header X-Frame-Options DENY;")) == []
    assert checks(site.format(more="include security-headers.conf;")) == []


@pytest.mark.parametrize(
    ("pattern", "trusted"),
    [
        (r"^https://shop\.example/", True),
        (r"^https?://([a-z]+\.)?shop\.example(/|$)", True),
        (r"^https://shop\.example$", True),
        (r"^https://shop.example/", False),
        (r"^https://shop\.example", False),
        (r"https://shop\.example/", False),
        (r"^https://.*shop\.example/", False),
        (r"shop\.example", False),
    ],
)
def test_origin_patterns(pattern: str, trusted: bool) -> None:
    assert checks(f'if ($http_origin !~ "{pattern}") {{ return 403; }}') == ([] if trusted else ["origin-check"])


def test_a_pattern_that_is_not_understood_is_said() -> None:
    found, doubt = judged('if ($http_origin ~ "(a+)+$") { return 403; }')
    assert (found, "line 1" in doubt) == ((), True)
    assert judged("set $a $b; set $b $a; return 301 http://$a;")[0] == ()


@given(st.text(alphabet=r"ab.*+?()[]|\^$/{}:1,", max_size=30))
def test_no_pattern_is_too_strange(pattern: str) -> None:
    quoted = pattern.replace("\\", "\\\\")
    root = read_nginx(f"if ($http_referer ~* '{quoted}') {{ return 403; }}\nlocation ~ '{quoted}' {{ proxy_pass $1; }}")
    if isinstance(root, Directive):
        assert isinstance(flaws(root), tuple)
