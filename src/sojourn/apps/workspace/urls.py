"""Addresses of sign-in and settings."""

from allauth.account import views as allauth
from django.urls import path

from sojourn.apps.workspace import settings_views, start_views, views

urlpatterns = [
    path("start/", start_views.start, name="start"),
    path("start/steps/", start_views.steps, name="first_run"),
    path("start/hide", start_views.hide, name="first_run_hide"),
    path("start/show", start_views.show, name="first_run_show"),
    path("sign-in/<str:token>", views.sign_in_by_link, name="sign_in_by_link"),
    # Of allauth only what a team without open sign-up needs. There is no reset by mail: an owner makes a fresh link.
    path("accounts/login/", allauth.login, name="account_login"),
    path("accounts/logout/", allauth.logout, name="account_logout"),
    path("accounts/inactive/", allauth.account_inactive, name="account_inactive"),
    path("accounts/signup/", views.no_sign_up, name="account_signup"),
    path("accounts/reauthenticate/", allauth.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/change/", allauth.password_change, name="account_change_password"),
    path("accounts/password/set/", allauth.password_set, name="account_set_password"),
    path("settings/", settings_views.rules, name="settings"),
    path("settings/save", settings_views.save, name="settings_save"),
    path("settings/undo/<str:rows>", settings_views.undo, name="settings_undo"),
    path("settings/rename", settings_views.rename, name="settings_rename"),
    path("settings/keys/", settings_views.keys, name="keys"),
    path("settings/keys/create", settings_views.create_key, name="key_create"),
    path("settings/keys/<int:key>/revoke", settings_views.revoke_key, name="key_revoke"),
    path("settings/members/", settings_views.members, name="members"),
    path("settings/members/invite", settings_views.invite, name="member_invite"),
    path("settings/members/<int:member_id>/role", settings_views.role, name="member_role"),
    path("settings/members/<int:member_id>/link", settings_views.link, name="member_link"),
    path("settings/members/<int:member_id>/remove", settings_views.remove, name="member_remove"),
    path("settings/members/restore/<int:removal>", settings_views.restore, name="member_restore"),
    path("settings/account/", settings_views.account, name="account"),
    path("settings/account/email", settings_views.change_email, name="account_email_change"),
    path("settings/audit/", settings_views.audit_log, name="audit"),
]
