"""The shop's addresses."""

from django.urls import path

from shop import views

urlpatterns = [
    path("", views.home, name="home"),
    path("orders/", views.orders, name="orders"),
    path("orders/<int:pk>/", views.order, name="order"),
    path("orders/<int:pk>/cancel/", views.cancel, name="cancel"),
    path("payments/paid/", views.paid, name="paid"),
    path("healthz", views.healthz, name="healthz"),
]
