"""The HTML page: the one that is served, and the one that needs no server.

The served page has nothing inline.  In the offline page style and script stand inline
and are allowed by their hashes alone; the data stands in a block that is no script and
in which `<` does not occur.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from rasa_mock.viewer.safe import to_json

ASSETS = Path(__file__).parent / "assets"
SCRIPTS = (
    "words.js",
    "dom.js",
    "source.js",
    "list.js",
    "conversation.js",
    "panes.js",
    "compare.js",
    "run.js",
    "main.js",
)
"""The parts of the page's script, in the order in which they are run."""

STYLE = "viewer.css"
ICON = "icon.svg"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEAD = (
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
    "{policy}"
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n'
    '<meta name="referrer" content="no-referrer">\n'
    "<title>rasa-mock</title>\n{style}</head>\n"
    '<body><div id="app"></div>\n'
    "<noscript>This page needs JavaScript.</noscript>\n{scripts}</body></html>\n"
)


def asset(name: str) -> tuple[bytes, str] | None:
    """Return content and type of a file that the page needs; None if there is none."""
    if name not in (*SCRIPTS, STYLE, ICON):
        return None
    path = ASSETS / name
    return path.read_bytes(), TYPES[path.suffix]


def served_page(base: str) -> str:
    """Return the page whose files are under the path `base`."""
    return _HEAD.format(
        policy="",
        style=f'<link rel="stylesheet" href="{base}/assets/{STYLE}">\n'
        f'<link rel="icon" href="{base}/assets/{ICON}">\n',
        scripts="".join(
            f'<script defer src="{base}/assets/{name}"></script>\n' for name in SCRIPTS
        ),
    )


def offline_page(data: Any) -> str:
    """Return a page that has everything in itself; `data` is JSON."""
    style = _text(STYLE)
    script = "\n".join(_text(name) for name in SCRIPTS)
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; "
        f"style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'"
    )
    content = to_json(data).replace("<", "\\u003c")
    return _HEAD.format(
        policy=f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
        style=f"<style>{style}</style>\n",
        scripts=f'<script type="application/json" id="data">{content}</script>\n'
        f"<script>{script}</script>\n",
    )


def _text(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
