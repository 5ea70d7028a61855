"""Addresses of the gallery and of the choice of colours."""

from django.urls import path

from sojourn.apps.finder import gallery, views

urlpatterns = [
    path("gallery/", gallery.show, name="gallery"),
    path("gallery/specimen/", gallery.specimen, name="gallery_specimen"),
    path("gallery/toast/", gallery.toast, name="gallery_toast"),
    path("gallery/undo/", gallery.undo, name="gallery_undo"),
    path("theme/", views.choose_theme, name="theme"),
]
