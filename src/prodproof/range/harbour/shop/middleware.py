"""What happens to every request, before and after its view."""

import ipaddress
import time
from collections.abc import Callable, Iterable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import sync_only_middleware

from shop import metrics
from shop.audit import audit

GetResponse = Callable[[HttpRequest], HttpResponse]
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")


def is_within(address: str, networks: Iterable[str]) -> bool:
    """Whether an IP address lies in one of the networks (CIDR); what is no address lies nowhere."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in ipaddress.ip_network(network) for network in networks)


@sync_only_middleware
def ProxyAddress(get_response: GetResponse) -> GetResponse:
    """REMOTE_ADDR becomes the visitor's address, which our proxy saw and wrote last into X-Forwarded-For.

    From anybody else such headers are claims: they are dropped.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if is_within(request.META.get("REMOTE_ADDR", ""), settings.PROXIES):
            seen = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
            request.META["REMOTE_ADDR"] = seen or request.META["REMOTE_ADDR"]
        else:
            for name in _FORWARDED:
                request.META.pop(name, None)
        return get_response(request)

    return middleware


@sync_only_middleware
def ResponseHeaders(get_response: GetResponse) -> GetResponse:
    """Headers for which Django has no setting; pages of somebody who is logged in are kept by no cache."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if settings.SESSION_COOKIE_NAME in request.COOKIES or "HTTP_AUTHORIZATION" in request.META:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return middleware


@sync_only_middleware
def RequestMetrics(get_response: GetResponse) -> GetResponse:
    """Counts and times answers by view; never by path, which may hold ids and has no end of values."""

    def middleware(request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        response = get_response(request)
        view = request.resolver_match.view_name if request.resolver_match else ""
        metrics.observe(request.method or "", view or "unnamed", response.status_code, time.perf_counter() - start)
        return response

    return middleware


@sync_only_middleware
def AdminNetworks(get_response: GetResponse) -> GetResponse:
    """The admin answers declared networks only; who is elsewhere does not even get to its login."""

    def middleware(request: HttpRequest) -> HttpResponse:
        inside = is_within(request.META.get("REMOTE_ADDR", ""), settings.ADMIN_NETWORKS)
        if request.path_info.startswith("/admin") and not inside:
            audit("anonymous", "admin.reached", outcome="refused")
            raise PermissionDenied
        return get_response(request)

    return middleware


@sync_only_middleware
def StaffSecondFactor(get_response: GetResponse) -> GetResponse:
    """Staff without a second factor can do nothing but set one up, and log in anew after STAFF_SESSION_AGE."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated and user.is_staff:
            if time.time() > request.session.get("staff_until", 0):
                logout(request)
                return redirect(settings.LOGIN_URL)
            if not is_mfa_enabled(user) and not request.path_info.startswith("/accounts/"):
                return redirect("mfa_activate_totp")
        return get_response(request)

    return middleware
