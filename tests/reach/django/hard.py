"""A Django project that runs on every version from 1.8 on, made of what static tools get wrong."""

from pathlib import Path

FILES = {
    "manage.py": """
import os, sys
print("noise before the start {[")
if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hard.settings")
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
""",
    "hard/__init__.py": "",
    "hard/settings.py": """
import os
SECRET_KEY = "planted-secret-key-value-0123456789-abcdefghijkl"
DEBUG = True
ALLOWED_HOSTS = ["*"]
PAYMENT_GATEWAY = "planted-gateway-value"
BROKER_URL = "amqp://user:planted-broker-password@broker.internal/x"
CSRF_COOKIE_SECURE = True
EMAIL_HOST_PASSWORD = "planted-mail-password"
ADMINS = [("Ana", "planted-ana@shop.example")]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "PASSWORD": "planted-db-password",
                         "HOST": "planted-db.internal"}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache",
                      "LOCATION": "redis://:planted-cache-password@127.0.0.1:6379/0"}}
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
                  "django.contrib.messages", "django.contrib.admin", "hard"]
ROOT_URLCONF = "hard.urls"
MIDDLEWARE = MIDDLEWARE_CLASSES = [
    "django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware", "django.contrib.messages.middleware.MessageMiddleware"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {
    "context_processors": ["django.contrib.auth.context_processors.auth", "django.template.context_processors.request",
                           "django.contrib.messages.context_processors.messages"]}}]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
try:
    import rest_framework
    INSTALLED_APPS.append("rest_framework")
except Exception:
    pass
from hard.overrides import *
""",
    "hard/overrides.py": """
globals_here = "DEBUG"
exec(globals_here + " = not True")
ALLOWED_HOSTS = ["shop.example"]
""",
    "hard/models.py": """
from django.db import models
class Customer(models.Model):
    full_name = models.CharField(max_length=9)
    mail = models.EmailField()
    birth_date = models.DateField()
    colour = models.CharField(max_length=9)
""",
    "hard/decorators.py": """
import functools
def careless(func):
    def wrapper(request, *args, **kwargs):
        return func(request, *args, **kwargs)
    return wrapper
def careful(func):
    @functools.wraps(func)
    def wrapper(request, *args, **kwargs):
        return func(request, *args, **kwargs)
    return wrapper
def require_owner(func):
    @functools.wraps(func)
    def wrapper(request, *args, **kwargs):
        return func(request, *args, **kwargs)
    return wrapper
""",
    "hard/views.py": """
from django.contrib.auth.decorators import login_required, permission_required, user_passes_test
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt, csrf_protect, ensure_csrf_cookie
from django.views.decorators.http import require_POST
from django.views.generic import View
from hard.decorators import careful, careless, require_owner

def plain(request):
    return HttpResponse(request.user)
@csrf_exempt
def exempt(request):
    request.user.save()
    return HttpResponse("x")
@careless
@csrf_exempt
def exempt_lost(request):
    return HttpResponse("x")
@careful
@csrf_exempt
def exempt_kept(request):
    return HttpResponse("x")
@csrf_exempt
@csrf_protect
def exempt_protected(request):
    return HttpResponse("x")
@csrf_exempt
@ensure_csrf_cookie
def exempt_cookie_only(request):
    return HttpResponse("x")
@csrf_exempt
@require_POST
def hook(request):
    if request.META.get("HTTP_X_HUB_SIGNATURE") != "x":
        return HttpResponse(status=403)
    return HttpResponse("x")
@login_required
def logged_in(request):
    return HttpResponse("x")
@careless
@login_required
def logged_in_careless(request):
    return HttpResponse("x")
@permission_required("hard.change_customer")
def permitted(request):
    return HttpResponse("x")
@staff_member_required
def staff(request):
    return HttpResponse("x")
@user_passes_test(lambda user: user.is_active)
def tested(request):
    return HttpResponse("x")
@require_owner
def owned(request, pk):
    return HttpResponse("x")

class Plain(View):
    def get(self, request):
        return HttpResponse("x")
    def post(self, request):
        return HttpResponse(request.POST)
class Exempt(Plain):
    @method_decorator(csrf_exempt)
    def dispatch(self, *args, **kwargs):
        return super(Exempt, self).dispatch(*args, **kwargs)
class ExemptInVain(Plain):
    @method_decorator(csrf_exempt)
    def post(self, request):
        return HttpResponse(request.POST)
class LoggedIn(Plain):
    @method_decorator(login_required)
    def dispatch(self, *args, **kwargs):
        return super(LoggedIn, self).dispatch(*args, **kwargs)
class PostLoggedIn(Plain):
    @method_decorator(login_required)
    def post(self, request):
        return HttpResponse(request.POST)
class Callable(object):
    csrf_exempt = True
    def __call__(self, request):
        return HttpResponse(request.session)
""",
    "hard/rest.py": """
from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.decorators import api_view, authentication_classes
from rest_framework.permissions import IsAuthenticated, AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

class Unenforced(SessionAuthentication):
    def enforce_csrf(self, request):
        return
class Sessions(APIView):
    authentication_classes = [SessionAuthentication]
    permission_classes = [IsAuthenticated]
    def post(self, request):
        return Response()
class Tokens(Sessions):
    authentication_classes = [TokenAuthentication]
class Weakened(Sessions):
    authentication_classes = [Unenforced]
@api_view(["POST"])
@authentication_classes([])
def nobody(request):
    return Response()
class Set(ViewSet):
    permission_classes = [AllowAny]
    def list(self, request):
        return Response()
""",
    "hard/urls.py": r"""
import django
from django.contrib import admin
from hard import views
try:
    from django.urls import re_path as url, include
except ImportError:
    from django.conf.urls import url, include

urlpatterns = [url(r"^%s/$" % name, getattr(views, name), name=name) for name in (
    "plain", "exempt", "exempt_lost", "exempt_kept", "exempt_protected", "exempt_cookie_only", "hook", "logged_in",
    "logged_in_careless", "permitted", "staff", "tested")]
urlpatterns += [
    url(r"^owned/(?P<pk>\d+)/$", views.owned, name="owned"),
    url(r"^odd/(?P<year>[12]\d{3})-(?P<word>only|these)/$", views.plain, name="odd"),
    url(r"^class/plain/$", views.Plain.as_view(), name="class_plain"),
    url(r"^class/exempt/$", views.Exempt.as_view(), name="class_exempt"),
    url(r"^class/wrapped/$", views.csrf_exempt(views.Plain.as_view()), name="class_wrapped"),
    url(r"^class/vain/$", views.ExemptInVain.as_view(), name="class_vain"),
    url(r"^class/login/$", views.LoggedIn.as_view(), name="class_login"),
    url(r"^class/post-login/$", views.PostLoggedIn.as_view(), name="class_post_login"),
    url(r"^callable/$", views.Callable(), name="callable"),
    url(r"^admin/", admin.site.urls if django.VERSION >= (1, 9) else include(admin.site.urls)),
]
try:
    from hard import rest
    urlpatterns += [
        url(r"^rest/sessions/$", rest.Sessions.as_view(), name="rest_sessions"),
        url(r"^rest/tokens/$", rest.Tokens.as_view(), name="rest_tokens"),
        url(r"^rest/weakened/$", rest.Weakened.as_view(), name="rest_weakened"),
        url(r"^rest/nobody/$", rest.nobody, name="rest_nobody"),
        url(r"^rest/set/$", rest.Set.as_view({"get": "list"}), name="rest_set"),
    ]
except ImportError:
    pass
""",
}


def write(directory: Path) -> Path:
    """Write the project; returns its directory."""
    for name, text in FILES.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return directory
