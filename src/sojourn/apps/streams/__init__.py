"""Streams: brokers, social networks and folders that are listened to."""
