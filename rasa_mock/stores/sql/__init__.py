"""Conversations in an SQL database, by SQLAlchemy: SQLite, PostgreSQL and others."""
