"""Runs: what drives the pure parts, and the stream of events that tells of it."""
