"""The built-in mailbox."""

from django.db import models


class Mail(models.Model):
    """A message that the built-in mailbox took in because no SMTP server is configured. Written by adapters/sqlite/mailbox.py."""

    workspace_id = models.BigIntegerField()
    intent = models.CharField(max_length=64, unique=True)
    at = models.BigIntegerField()  # ms
    sender = models.CharField(max_length=320)
    recipient = models.CharField(max_length=320)
    subject = models.CharField(max_length=998)
    raw = models.BinaryField()

    class Meta:
        db_table = "mail_mail"
        indexes = [models.Index(fields=["workspace_id", "at"], name="mail_at")]
