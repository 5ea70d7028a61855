"""Addresses of the tracking plan."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
