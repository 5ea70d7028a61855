"""Addresses of sources."""

from django.urls import path

from sojourn.apps.sources import aside_views, setup_views, views

urlpatterns = [
    path("", views.index, name="sources"),
    path("create", views.create, name="source_create"),
    path("<int:source>/", views.show, name="source"),
    path("table/", views.index_table, name="sources_table"),
    path("<int:source>/counts/", views.show_counts, name="source_counts"),
    path("<int:source>/first/", views.show_first, name="source_first"),
    path("<int:source>/events/", views.show_events, name="source_events"),
    path("<int:source>/aside/", views.show_asides, name="source_asides"),
    path("<int:source>/rename", views.rename, name="source_rename"),
    path("<int:source>/restore-key", views.restore_key, name="source_restore_key"),
    path("<int:source>/rotate", views.rotate, name="source_rotate"),
    path("<int:source>/enable", views.enable, name="source_enable"),
    path("<int:source>/disable", views.disable, name="source_disable"),
    path("<int:source>/aliases/add", setup_views.add_alias, name="source_alias_add"),
    path("<int:source>/aliases/<int:alias>/remove", setup_views.remove_alias, name="source_alias_remove"),
    path("<int:source>/rate", setup_views.set_rate, name="source_rate"),
    path("<int:source>/aside/<int:event>/", aside_views.aside, name="source_aside"),
    path("<int:source>/aside/<int:event>/drive", aside_views.drive, name="source_aside_drive"),
    path("<int:source>/aside/<int:event>/discard", aside_views.discard, name="source_aside_discard"),
    path("<int:source>/aside/drive", aside_views.drive_all, name="source_aside_drive_all"),
    path("<int:source>/aside/discard", aside_views.discard_all, name="source_aside_discard_all"),
]
