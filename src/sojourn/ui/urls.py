"""Addresses of the look."""

from django.urls import path

from sojourn.ui import views

urlpatterns = [path("theme/", views.choose_theme, name="theme")]
