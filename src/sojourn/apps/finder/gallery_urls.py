"""Addresses of the gallery."""

from django.urls import path

from sojourn.apps.finder import gallery

urlpatterns = [
    path("", gallery.show, name="gallery"),
    path("<int:row>/", gallery.specimen, name="gallery_specimen"),
    path("broken/", gallery.broken, name="gallery_broken"),
    path("toast/", gallery.toast, name="gallery_toast"),
    path("undo/", gallery.undo, name="gallery_undo"),
]
