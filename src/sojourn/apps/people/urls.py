"""Addresses of people."""

from django.urls import path

from sojourn.apps.people import views

urlpatterns = [
    path("", views.index, name="people"),
    path("rows/", views.index_rows, name="people_rows"),
    path("<str:person>/", views.show, name="person"),
    path("<str:person>/timeline/", views.timeline, name="person_timeline"),
    path("<str:person>/part/<str:part>/", views.part, name="person_part"),
    path("<str:person>/evidence/<str:episode>/<str:kind>/", views.evidence, name="person_evidence"),
    path("<str:person>/identity/", views.identity, name="person_identity"),
    path("<str:person>/split", views.split, name="person_split"),
    path("<str:person>/erase/", views.erase, name="person_erase"),
    path("<str:person>/forget", views.forget, name="person_forget"),
]
