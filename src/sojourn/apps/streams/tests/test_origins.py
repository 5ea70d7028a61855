"""A stream and its source lead to each other."""

import pytest

from sojourn.apps.streams import actions, forms
from sojourn.apps.workspace.tests.house import NOW, browser, build

pytestmark = pytest.mark.django_db


def test_the_source_of_a_stream_leads_to_the_stream():
    house = build()
    typed = forms.FRESH["folder"] | {"folder": "orders"}
    stream = actions.create_stream(house.workspace, "folder", "Old orders", typed, "alice@example.com", NOW)
    page = browser(house.bob).get(f"/sources/{stream.source_id}/").content.decode()
    assert f'href="/sources/streams/{stream.pk}/"' in page
    assert "Stream, Watched folder" in page
    assert "YOUR_WRITE_KEY" not in page
