"""Mail servers on loopback: a real one (aiosmtpd) that keeps what it accepts, and a scripted one that misbehaves byte by byte."""

import atexit
import shutil
import socket
import ssl
import tempfile
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@cache
def certificate():
    """A self-signed certificate for localhost with its key, made for this run: (path, the certificate as text)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = Path(tempfile.mkdtemp()) / "localhost.pem"
    path.write_bytes(private + public)
    atexit.register(shutil.rmtree, path.parent)
    return path, public.decode()


def server_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate()[0])
    return context


def client_context():
    return ssl.create_default_context(cadata=certificate()[1])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Sink:
    """An SMTP server that keeps every message it answered 250 for. `answers` maps a stage (MAIL, RCPT, DATA) to a reply."""

    def __init__(self, **parameters):
        self.messages, self.answers, self.logins = [], {}, []
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port(), ready_timeout=30, **parameters)

    @property
    def port(self):
        return self.controller.port

    async def handle_MAIL(self, server, session, envelope, address, options):
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if "RCPT" in self.answers:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if "DATA" in self.answers:
            return self.answers["DATA"]
        self.messages.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.original_content))
        return f"250 2.0.0 Ok: queued as Q{len(self.messages)}"

    def parsed(self):
        return [message_from_bytes(raw, policy=default) for _, _, raw in self.messages]

    def per_message_id(self):
        return Counter(message["Message-ID"] for message in self.parsed())

    def authenticate(self, server, session, envelope, mechanism, login):
        self.logins.append((login.login.decode(), login.password.decode()))
        return AuthResult(success=login.password == b"open sesame")

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *_):
        self.controller.stop()


class TlsController(Controller):
    """SMTP with STARTTLS offered."""

    def factory(self):
        return SMTP(self.handler, tls_context=server_context(), require_starttls=False, hostname="localhost")


def starttls_sink():
    sink = Sink()
    sink.controller = TlsController(sink, hostname="127.0.0.1", port=free_port(), ready_timeout=30)
    return sink


class Script:
    """A server for one connection after another that says what it is told to and then does what it is told to.

    `steps` maps a command word (or "greeting", "." for the final dot) to a reply in bytes, DROP, or HANG. What it has no step for it answers like a server.
    """

    USUAL = {
        "greeting": b"220 hi\r\n",
        "EHLO": b"250 hi\r\n",
        "MAIL": b"250 ok\r\n",
        "RCPT": b"250 ok\r\n",
        "DATA": b"354 go\r\n",
        ".": b"250 ok\r\n",
        "QUIT": b"221 bye\r\n",
    }
    DROP, HANG = "drop", "hang"

    def __init__(self, **steps):
        self.steps = {**self.USUAL, **{{"dot": "."}.get(name, name): step for name, step in steps.items()}}
        self.received, self.connections = b"", 0
        self.over = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        socket.create_connection(("127.0.0.1", self.port)).close()
        self.thread.join(10)
        self.listener.close()

    def _serve(self):
        while not self.over.is_set():
            connection, _ = self.listener.accept()
            with connection:
                connection.settimeout(20)
                self.connections += 1
                try:
                    self._talk(connection)
                except OSError:
                    continue

    def _do(self, connection, step):
        """Whether the conversation goes on."""
        if step == self.HANG:
            self.over.wait(20)
            return False
        if step == self.DROP:
            return False
        connection.sendall(step)
        return True

    def _talk(self, connection):
        if self.over.is_set() or not self._do(connection, self.steps["greeting"]):
            return
        reader = connection.makefile("rb")
        in_data = False
        while line := reader.readline():
            if in_data:
                self.received += line
                if self.steps.get("text") == self.DROP:
                    return
                if line == b".\r\n":
                    in_data = False
                    if not self._do(connection, self.steps["."]):
                        return
                continue
            word = line.strip().split(b" ")[0].split(b":")[0].decode("latin-1").upper()
            if not self._do(connection, self.steps.get(word, b"250 ok\r\n")):
                return
            in_data = word == "DATA" and self.steps["DATA"].startswith(b"354")
