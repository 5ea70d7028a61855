"""All addresses of the pages and the API."""

from django.urls import URLPattern, URLResolver, include, path

from sojourn.runtime.http_api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("sojourn.apps.home.urls")),
    path("", include("sojourn.apps.workspace.urls")),
    path("people/", include("sojourn.apps.people.urls")),
    path("messages/", include("sojourn.apps.messages.urls")),
    path("sources/hooks/", include("sojourn.apps.hooks.urls")),
    path("sources/streams/", include("sojourn.apps.streams.urls")),
    path("sources/", include("sojourn.apps.sources.urls")),
    path("tracking/", include("sojourn.apps.tracking.urls")),
    path("carts/", include("sojourn.apps.carts.urls")),
    path("why/", include("sojourn.apps.why.urls")),
    path("health/", include("sojourn.apps.health.urls")),
    path("live/", include("sojourn.apps.live.urls")),
    path("find/", include("sojourn.apps.finder.urls")),
    path("", include("sojourn.apps.finder.gallery_urls")),
    path("", include("sojourn.apps.demo.urls")),
    path("", include("sojourn.apps.messages.public_urls")),
    path("api/v1/", api.urls),
]
handler400 = "sojourn.ui.views.bad_request"
handler403 = "sojourn.ui.views.forbidden"
handler404 = "sojourn.ui.views.not_found"
handler500 = "sojourn.ui.views.failed"
