"""SQLite: log, state, intents, directory, mailbox."""
