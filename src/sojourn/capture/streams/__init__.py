"""Streams: what messages of brokers and posts of social networks mean, in the words of capture's calls. Nothing here connects to anything."""
