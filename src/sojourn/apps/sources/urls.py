"""Addresses of sources."""

from django.urls import path

from sojourn.apps.sources import views

urlpatterns = [
    path("", views.index, name="sources"),
    path("create", views.create, name="source_create"),
    path("<int:source>/", views.show, name="source"),
    path("<int:source>/rotate", views.rotate, name="source_rotate"),
    path("<int:source>/enable", views.enable, name="source_enable"),
    path("<int:source>/disable", views.disable, name="source_disable"),
]
