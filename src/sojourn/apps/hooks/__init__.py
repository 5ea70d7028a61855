"""Webhooks: sources that vendors call, with a secret and a mapping."""
