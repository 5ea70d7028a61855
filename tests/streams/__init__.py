"""Streams against real and local servers: a broker, servers that speak a social network's protocol, a watched folder."""
