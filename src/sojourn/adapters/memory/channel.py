"""A channel in memory: keeps what it is given, and answers as a test tells it to."""

from sojourn.ports.channel import Envelope, HandedOver


class MemoryChannel:
    """Accepts everything, once per intent, unless `answers` says otherwise; used front to back, one for each hand-over."""

    name = "email"

    def __init__(self, *answers: HandedOver) -> None:
        self.answers = list(answers)
        self.kept: list[Envelope] = []
        self.attempts: list[str] = []

    def hand_over(self, envelope: Envelope) -> HandedOver:
        """Keep the message, or give the next prepared answer."""
        self.attempts.append(envelope.intent)
        answer = self.answers.pop(0) if self.answers else HandedOver("accepted", 250, queue_id=f"memory-{len(self.attempts)}")
        if answer.outcome == "accepted" and all(kept.intent != envelope.intent for kept in self.kept):
            self.kept.append(envelope)
        return answer
