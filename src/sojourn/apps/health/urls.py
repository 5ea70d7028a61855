"""Addresses of `health`."""

from django.urls import path

from sojourn.apps.health import views

urlpatterns = [
    path("", views.health, name="health"),
    path("now/", views.health_now, name="health_now"),
]
