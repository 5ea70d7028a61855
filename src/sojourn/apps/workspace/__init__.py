"""Workspaces, members, settings, secret keys, the audit log."""
