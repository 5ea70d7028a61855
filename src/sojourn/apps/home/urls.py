"""Addresses of home."""

from django.urls import path

from sojourn.apps.home import views

urlpatterns = [
    path("", views.home, name="home"),
    path("home/now/", views.home_now, name="home_now"),
]
