"""Addresses of people."""

from django.urls import path

from sojourn.apps.people import views

urlpatterns = [
    path("", views.index, name="people"),
    path("<str:person>/", views.show, name="person"),
    path("<str:person>/timeline/", views.timeline, name="person_timeline"),
]
