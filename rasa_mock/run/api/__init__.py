"""Rasa's HTTP API, without HTTP: one table of routes, each route a turn's effects."""
