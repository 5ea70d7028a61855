"""Addresses of sources."""

from django.urls import path

from sojourn.apps.sources import views

urlpatterns = [
    path("", views.index, name="sources"),
    path("create", views.create, name="source_create"),
    path("<int:source>/", views.show, name="source"),
    path("table/", views.index_table, name="sources_table"),
    path("<int:source>/counts/", views.show_counts, name="source_counts"),
    path("<int:source>/first/", views.show_first, name="source_first"),
    path("<int:source>/events/", views.show_events, name="source_events"),
    path("<int:source>/rename", views.rename, name="source_rename"),
    path("<int:source>/restore-key", views.restore_key, name="source_restore_key"),
    path("<int:source>/rotate", views.rotate, name="source_rotate"),
    path("<int:source>/enable", views.enable, name="source_enable"),
    path("<int:source>/disable", views.disable, name="source_disable"),
]
