"""Messages sent and held back, the built-in mailbox, and the public pages behind the links in them."""
