"""Addresses of `why`."""

from django.urls import path

from sojourn.apps.why import views

urlpatterns = [
    path("", views.index, name="why"),
    path("answer", views.index_answer, name="why_answer"),
]
