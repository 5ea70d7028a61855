"""Passwords of streams: opened for those who listen; of one that cannot be read the table says so, and nothing is tried with it."""

from sojourn.adapters.sqlite.streams import StreamRows
from sojourn.terms.seals import Seal
from sojourn.terms.streams import MqttSettings, with_secret
from tests.streams.house import House

HERE, ELSEWHERE = Seal(b"of this installation"), Seal(b"of another installation")
BROKER = MqttSettings("mqtt://shop:s3cret@127.0.0.1:1")


def test_a_password_is_opened_for_those_who_listen(house: House):
    house.stream("mqtt", with_secret(BROKER, HERE.close))
    rows = StreamRows(house.settings.database_path, HERE)
    assert [stream.settings for stream in rows.active()] == [BROKER]
    rows.close()


def test_one_that_cannot_be_read_is_told_and_the_others_go_on(house: House):
    house.stream("mqtt", with_secret(BROKER, ELSEWHERE.close))
    rows = StreamRows(house.settings.database_path, HERE)
    assert rows.active() == []
    assert rows.active() == []
    told = house.told()
    assert (told["state"], "was sealed by another installation" in told["trouble"], len(told["trouble"]) <= 300) == ("trouble", True, True)
    rows.close()
