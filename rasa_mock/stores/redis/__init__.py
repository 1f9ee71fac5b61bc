"""Conversations and locks in Redis, by redis-py: one server, or a cluster."""
