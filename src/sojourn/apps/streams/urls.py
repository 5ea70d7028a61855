"""Addresses of streams."""

from django.urls import path

from sojourn.apps.streams import views

urlpatterns = [
    path("", views.index, name="streams"),
    path("table/", views.table, name="streams_table"),
    path("new/", views.new, name="stream_new"),
    path("create", views.create, name="stream_create"),
    path("<int:stream>/", views.show, name="stream"),
    path("<int:stream>/state/", views.state, name="stream_state"),
    path("<int:stream>/change", views.change, name="stream_change"),
    path("<int:stream>/again", views.again, name="stream_again"),
    path("<int:stream>/start", views.start, name="stream_start"),
    path("<int:stream>/stop", views.stop, name="stream_stop"),
    path("<int:stream>/remove", views.remove, name="stream_remove"),
]
