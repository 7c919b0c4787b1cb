"""The shop's addresses."""

from django.urls import path

from shop import licences, token_pages, views
from shop.payments import checkout, webhook

urlpatterns = [
    path("", views.home, name="home"),
    path("orders/", views.orders, name="orders"),
    path("orders/<int:pk>/", views.order, name="order"),
    path("orders/<int:pk>/cancel/", views.cancel, name="cancel"),
    path("orders/<int:pk>/checkout/", checkout.checkout, name="checkout"),
    path("payments/paid/", webhook.paid, name="paid"),
    path("licences/", licences.licences, name="licences"),
    path("licences/<int:pk>/", licences.licence, name="licence"),
    path("licences/<int:pk>/delete/", licences.delete, name="delete-licence"),
    path("tokens/", token_pages.api_tokens, name="tokens"),
    path("tokens/<int:pk>/revoke/", token_pages.revoke, name="revoke-token"),
    path("errors/on-purpose", views.fail, name="fail"),
    path("errors/in-a-job", views.fail_in_a_job, name="fail-in-a-job"),
    path("errors/in-the-database", views.fail_in_the_database, name="fail-in-the-database"),
    path("healthz", views.healthz, name="healthz"),
    path("healthz/cache", views.healthz_cache, name="healthz-cache"),
    path(".well-known/security.txt", views.security_txt, name="security-txt"),
]
