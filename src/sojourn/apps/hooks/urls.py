"""Addresses of webhooks' pages. What vendors call is /hooks/<token>, which is capture's."""

from django.urls import path

from sojourn.apps.hooks import mapping_views, views

urlpatterns = [
    path("", views.index, name="hooks"),
    path("create", views.create, name="hook_create"),
    path("<int:hook>/", views.show, name="hook"),
    path("<int:hook>/calls/", views.show_calls, name="hook_calls"),
    path("<int:hook>/first/", views.show_first, name="hook_first"),
    path("<int:hook>/secret", views.secret, name="hook_secret"),
    path("<int:hook>/mapping/", mapping_views.edit, name="hook_mapping"),
    path("<int:hook>/mapping/preview", mapping_views.preview, name="hook_preview"),
    path("<int:hook>/mapping/save", mapping_views.save, name="hook_map"),
    path("<int:hook>/mapping/remove", mapping_views.remove, name="hook_unmap"),
    path("<int:hook>/mapping/restore", mapping_views.restore, name="hook_restore"),
]
