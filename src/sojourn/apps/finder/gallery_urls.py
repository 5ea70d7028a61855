"""Address of the gallery."""

from django.urls import path

from sojourn.apps.finder import gallery

urlpatterns = [path("", gallery.show, name="gallery")]
