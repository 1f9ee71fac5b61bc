"""`python -m rasa_mock`: the same as the `rasa-mock` command."""

from __future__ import annotations

from rasa_mock.cli.main import main

if __name__ == "__main__":
    main()
