"""A broker behind TLS: its certificate is checked against those of the system."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sojourn.terms.streams import MqttSettings, Topic
from tests.streams.broker import Broker, free_port
from tests.streams.house import House, eventually


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody else vouches for, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "broker.pem", folder / "broker.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return paths


def test_a_certificate_that_nobody_vouches_for_is_refused_and_one_that_the_system_knows_is_taken(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    known, key = certificate(tmp_path)
    secure = free_port()
    with Broker(tmp_path, f"listener {secure} 127.0.0.1", f"certfile {known}", f"keyfile {key}") as broker:
        settings = MqttSettings(broker.url.replace("mqtt://", "mqtts://").replace(f":{broker.port}", f":{secure}"), (Topic("devices/{device}/{metric}"),))
        house.stream("mqtt", settings)
        with house.running():
            eventually(lambda: "certificate verify failed" in house.told()["trouble"], say=house.told)
        monkeypatch.setenv("SSL_CERT_FILE", str(known))
        with house.running():
            eventually(lambda: house.told()["state"] == "live", say=lambda: (house.told(), broker.said()))
            broker.publish(("devices/d/count", "1"))
            eventually(lambda: len(house.facts()) == 1, say=house.told)
    assert house.facts()[0].props == {"device": "d", "metric": "count", "value": 1}
