"""Shows what a tracker store keeps of a conversation: sessions, events, variables.

python show.py redis://localhost:6379 anna [--variables]
"""

from __future__ import annotations

import json
import sys

from rasa_mock.stores.registry import open_store


def main(url: str, sender_id: str, *options: str) -> None:
    """Print a conversation."""
    store = open_store(url, layout="auto", read_only=True)
    conversation = store.retrieve_full(sender_id)
    if conversation is None:
        known = ", ".join(item.sender_id for item in store.keys().items)
        sys.exit(f"no conversation {sender_id!r}; there are: {known or 'none'}")
    for session in store.sessions(sender_id):
        print(f"session {session.number}: events {session.start} to {session.end - 1}")
    for position, event in enumerate(conversation.events, conversation.first):
        what = event.get("text") or event.get("name") or ""
        print(f"{position:4}  {event['event']:18} {what}")
    if "--variables" in options:
        for record in store.variables(sender_id):
            print(json.dumps(record, ensure_ascii=False))
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
