"""Social networks: servers of Mastodon and Jetstream."""
