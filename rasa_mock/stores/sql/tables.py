"""The tables: Rasa's own `events`, and those of the layout `history` beside it.

Imitates `SQLTrackerStore.SQLEvent` of rasa/core/tracker_store.py (Rasa 3.6).
"""

from __future__ import annotations

import sqlalchemy as sa

RASA = sa.MetaData()
RASA_EVENTS = sa.Table(
    "events",
    RASA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender_id", sa.String(255), nullable=False, index=True),
    sa.Column("type_name", sa.String(255), nullable=False),
    sa.Column("timestamp", sa.Float),
    sa.Column("intent_name", sa.String(255)),
    sa.Column("action_name", sa.String(255)),
    sa.Column("data", sa.Text),
)

# Text of any length where a key may be that; the others have a limit.
ANY_TEXT = sa.Text().with_variant(sa.String(255), "mysql", "mariadb", "mssql", "oracle")

HISTORY = sa.MetaData()
CONVERSATIONS = sa.Table(
    "rasa_mock_conversations",
    HISTORY,
    sa.Column("sender", ANY_TEXT, primary_key=True),
    sa.Column("format", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("base", sa.Integer, nullable=False),
    sa.Column("session", sa.Integer, nullable=False),
    sa.Column("updated", sa.Double, nullable=False, index=True),
    sa.Column("expires", sa.Double),
)
EVENTS = sa.Table(
    "rasa_mock_events",
    HISTORY,
    sa.Column("sender", ANY_TEXT, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("data", sa.Text, nullable=False),
)
STARTS = sa.Table(
    "rasa_mock_starts",
    HISTORY,
    sa.Column("sender", ANY_TEXT, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("time", sa.Double),
    sa.Column("tracker", sa.Boolean, nullable=False),
)
NAMES = sa.Table(
    "rasa_mock_names",
    HISTORY,
    sa.Column("sender", ANY_TEXT, primary_key=True),
    sa.Column("name", ANY_TEXT, primary_key=True, index=True),
)

# Beside either layout; made when the first record is written.
ASIDE = sa.MetaData()
VARIABLES = sa.Table(
    "rasa_mock_variables",
    ASIDE,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender", ANY_TEXT, nullable=False),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.Index("ix_rasa_mock_variables", "sender", "turn"),
)
EXPIRY = sa.Table(
    "rasa_mock_expiry",
    ASIDE,
    sa.Column("sender", ANY_TEXT, primary_key=True),
    sa.Column("expires", sa.Double, nullable=False),
)
