"""Addresses of messages and the mailbox. Fragments end without a slash, so that they are never taken for the id of a message."""

from django.urls import path

from sojourn.apps.messages import mailbox_views, views

urlpatterns = [
    path("", views.index, name="messages"),
    path("list", views.index_list, name="messages_list"),
    path("effect/", views.effect, name="messages_effect"),
    path("effect/table", views.effect_table, name="messages_effect_table"),
    path("mailbox/", mailbox_views.index, name="mailbox"),
    path("mailbox/list", mailbox_views.index_list, name="mailbox_list"),
    path("mailbox/<int:mail>/", mailbox_views.mail, name="mail"),
    path("mailbox/<int:mail>/body", mailbox_views.body, name="mail_body"),
    path("<str:intent>/", views.show, name="message"),
    path("<str:intent>/story", views.show_story, name="message_story"),
    path("<str:intent>/mail", views.show_mail, name="message_mail"),
]
