"""Addresses that stand in messages, for their recipients. They never end with a slash: one-click unsubscribing must not be redirected."""

from django.urls import path

from sojourn.apps.messages import public_views

urlpatterns = [
    path("u/<str:token>", public_views.unsubscribe, name="unsubscribe"),
    path("l/<str:token>", public_views.follow, name="follow"),
]
