"""Addresses of `finder`."""

from django.urls import path

from sojourn.apps.finder import views

urlpatterns = [path("", views.find, name="find")]
