"""Addresses for our own services, served by harbour/internal_wsgi.py alone."""

from django.urls import path

from shop.internal import internal

urlpatterns = [path("", internal.urls)]
