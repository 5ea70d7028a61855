"""SMTP: hands messages to a mail server."""
