"""The Django application as ASGI, loaded late so that capture answers first and a capture-only process never pays for it."""

import os
from typing import Any


def django_app() -> Any:
    """The ASGI application of the pages and the API."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sojourn.runtime.django_settings")
    from django.core.asgi import get_asgi_application

    app = get_asgi_application()
    from sojourn.apps.people import lake_hook
    from sojourn.apps.why import hook as why_hook
    from sojourn.engine.explain import explain
    from sojourn.runtime.settings import read
    from sojourn.runtime.wiring import House

    house = House(read())
    lake_hook.connect(house.lake_reader, house.log)
    why_hook.connect(explain)
    return app
