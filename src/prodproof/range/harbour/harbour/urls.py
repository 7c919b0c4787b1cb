"""Every address that visitors reach."""

from allauth.account.decorators import secure_admin_login
from allauth.mfa.totp.views import activate_totp
from csp.decorators import csp_update
from django.contrib import admin
from django.urls import include, path

from shop.api import api

admin.site.login = secure_admin_login(admin.site.login)

urlpatterns = [
    path("", include("shop.urls")),
    # The code to scan is drawn into the page; no other page may show pictures from text.
    path("accounts/2fa/totp/activate/", csp_update({"img-src": ["data:"]})(activate_totp)),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("api/", api.urls),
    path("admin/", admin.site.urls),
]
