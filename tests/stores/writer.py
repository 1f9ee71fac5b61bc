"""A process that writes turns, and says of each that it is stored: for the tests.

    python writer.py URL NAME COUNT

It takes the version as it was when it last wrote, as a server that others share a store
with does.
"""

from __future__ import annotations

import sys

from rasa_mock.stores.base import Turn, append
from rasa_mock.stores.registry import open_store

SENDER = "anna"


def main(url: str, name: str, count: int) -> None:
    store = open_store(url)
    version = store.version(SENDER) or 0
    for number in range(count):
        text = f"{name}-{number}"
        events = [
            {"event": "user", "timestamp": float(number), "text": text},
            {"event": "action", "timestamp": float(number), "name": "action_listen"},
        ]
        records = [{"kind": "parse", "value": text}]
        turn = Turn(events=events, variables=records)
        version = append(store, SENDER, turn=turn, expected=version).version
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
