"""The Django application as ASGI, loaded late so that capture answers first and a capture-only process never pays for it."""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sojourn.apps.live.door import LiveDoor
    from sojourn.runtime.wiring import House


def django_app(house: "House | None" = None) -> "LiveDoor":
    """The ASGI application of the pages, their live streams and the API, with every hook of the apps connected to that house."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sojourn.runtime.django_settings")
    from django.core.asgi import get_asgi_application

    app: Any = get_asgi_application()  # Django types its scopes as plain dicts
    from sojourn.apps.health.report import connect as connect_report
    from sojourn.apps.live.door import LiveDoor
    from sojourn.apps.people import lake_hook
    from sojourn.apps.tracking import hook as tracking_hook
    from sojourn.apps.why import hook as why_hook
    from sojourn.engine.explain import explain
    from sojourn.runtime.health import report
    from sojourn.runtime.settings import read
    from sojourn.runtime.wiring import House

    house = house or House(read())
    lake_hook.connect(house.lake_reader, house.log)
    tracking_hook.connect(house.lake_reader)
    why_hook.connect(explain)
    told = house  # the house of this process from here on
    connect_report(lambda: report(told))
    return LiveDoor(app)
