"""Addresses of the tracking plan."""

from django.urls import path

from sojourn.apps.tracking import views

urlpatterns = [
    path("", views.index, name="tracking"),
    path("event/", views.event, name="tracking_event"),
    path("check", views.check, name="tracking_check"),
    path("save", views.save, name="tracking_save"),
    path("remove", views.remove, name="tracking_remove"),
]
