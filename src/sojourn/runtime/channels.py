"""Which way a message goes where there is more than one: mail to made-up addresses stays in the house."""

from sojourn.ports.channel import Channel, Envelope, HandedOver
from sojourn.terms.addresses import is_reserved


class PartedMail:
    """Email through a server, apart from what is addressed to a name that nobody can own: `kept` takes that, so it never leaves."""

    name = "email"

    def __init__(self, server: Channel, kept: Channel) -> None:
        self._server = server
        self._kept = kept

    def hand_over(self, envelope: Envelope) -> HandedOver:
        """Give the message to whichever of the two it is for."""
        return (self._kept if is_reserved(envelope.recipient) else self._server).hand_over(envelope)
