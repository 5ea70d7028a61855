"""Addresses of messages and the mailbox."""

from django.urls import path

from sojourn.apps.messages import views

urlpatterns = [
    path("", views.index, name="messages"),
    path("mailbox/", views.mailbox, name="mailbox"),
    path("mailbox/<int:mail>/", views.mail, name="mail"),
    path("mailbox/<int:mail>/body", views.body, name="mail_body"),
    path("<str:intent>/", views.show, name="message"),
]
