"""A real Mosquitto for one test, and somebody who publishes."""

import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

USER, PASSWORD = "sensors", "p@ss:word"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Broker:
    """Mosquitto on loopback; it can be stopped and started again, and keeps what it was given meanwhile."""

    def __init__(self, folder: Path, *lines: str) -> None:
        found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
        assert found, "These tests need Mosquitto: apt-get install mosquitto"
        self._program = found
        self.port = free_port()
        self._folder = folder / "broker"
        self._folder.mkdir()
        self._passwords = self._folder / "passwords"
        self._passwords.touch(mode=0o600)
        assert shutil.which("mosquitto_passwd"), "These tests need mosquitto_passwd: apt-get install mosquitto"
        subprocess.run(["mosquitto_passwd", "-b", str(self._passwords), USER, PASSWORD], check=True, capture_output=True)
        self._settings = self._folder / "broker.conf"
        text = [
            f"listener {self.port} 127.0.0.1", "allow_anonymous false", f"password_file {self._passwords}", "persistence true",
            f"persistence_location {self._folder}/", "max_queued_messages 100000", "log_type all", "user root", *lines,
        ]  # fmt: skip
        self._settings.write_text("\n".join(text) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://{USER}:p%40ss%3Aword@127.0.0.1:{self.port}"

    def start(self) -> None:
        with (self._folder / "log").open("ab") as out:
            self._process = subprocess.Popen([self._program, "-c", str(self._settings)], stdout=out, stderr=out)
        deadline = time.monotonic() + 15
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert time.monotonic() < deadline, self.said()
                assert self._process.poll() is None, self.said()
                time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(15)
            self._process = None

    def said(self) -> str:
        return (self._folder / "log").read_text(errors="replace")[-3000:]

    def publish(self, *messages: tuple[str, str | bytes], retain: bool = False, qos: int = 1) -> None:
        """Give the broker these messages, and wait until it has them."""
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.username_pw_set(USER, PASSWORD)
        client.max_queued_messages_set(0)
        client.max_inflight_messages_set(1000)
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        try:
            sent = [client.publish(topic, payload, qos=qos, retain=retain) for topic, payload in messages]
            for one in sent:
                one.wait_for_publish(20)
                assert one.is_published(), "the broker took a message"
        finally:
            client.disconnect()
            client.loop_stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
