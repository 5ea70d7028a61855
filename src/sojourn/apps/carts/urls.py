"""Addresses of `carts`. Fragments end without a slash, so that they are never taken for the id of a cart."""

from django.urls import path

from sojourn.apps.carts import views

urlpatterns = [
    path("", views.index, name="carts"),
    path("list", views.index_list, name="carts_list"),
    path("causes/", views.causes, name="carts_causes"),
    path("causes/list", views.causes_list, name="carts_causes_list"),
    path("<str:cart>/", views.show, name="cart"),
    path("<str:cart>/fragment", views.show_fragment, name="cart_fragment"),
]
