"""Sojourn: customer experience management with a complete CRM inside it. The house is described in docs/architecture.md."""
