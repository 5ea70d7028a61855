"""Addresses of `live`."""

from django.urls import path

from sojourn.apps.live import views

urlpatterns = [path("", views.live, name="live")]
