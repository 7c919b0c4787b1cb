"""How often somebody may do something, counted in the cache that all processes share."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

MINUTE = 60


def is_allowed(action: str, who: object, per_minute: int) -> bool:
    """Count one use within the current minute; False once there were more than `per_minute`."""
    key = f"limit:{action}:{who}:{int(time.time()) // MINUTE}"
    if cache.add(key, 1, timeout=2 * MINUTE):
        return True
    return cache.incr(key) <= per_minute


def limited(action: str, per_minute: int) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A view whose POSTs each user may repeat `per_minute` times; more are answered 429."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "POST" and not is_allowed(action, request.user.pk, per_minute):
                return render(request, "429.html", status=429)
            return view(request, *args, **kwargs)

        return wrapper

    return decorate
