"""The pages of the web framework: no such route, wrong method, no JSON, a crash.

HTML, text or JSON, as Sanic 21.12 chooses.  What a client sent is escaped, and HTML
pages carry no script.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping

from rasa_mock.run.api.base import TEXT_TYPE, Answer, FrameworkError, Request

HTML_TYPE = "text/html; charset=utf-8"
TITLES: Mapping[int, str] = {
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Request Entity Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}
STYLE = """
        html { font-family: sans-serif }
        h2 { color: #888; }
        .tb-wrapper p, dl, dd { margin: 0 }
        .frame-border { margin: 1rem }
        .frame-line > *, dt, dd { padding: 0.3rem 0.6rem }
        .frame-line, dl { margin-bottom: 0.3rem }
        .frame-code, dd { font-size: 16px; padding-left: 4ch }
        .tb-wrapper, dl { border: 1px solid #eee }
        .tb-header,.obj-header {
            background: #eee; padding: 0.3rem; font-weight: bold
        }
        .frame-descriptor, dt { background: #e2eafb; font-size: 14px }
    """


def page(error: FrameworkError, request: Request, *, as_pages: bool) -> Answer:
    """Make the answer to a request that never reached a route of Rasa."""
    write = _writer(request) if as_pages else _as_json
    answer = write(error)
    # Sanic's own JSON leaves the headers of an error out.
    if not error.allowed or (as_pages and write is _as_json):
        return answer
    return Answer(
        status=answer.status,
        body=answer.body,
        content_type=answer.content_type,
        headers={"Allow": error.allowed},
    )


def _title(error: FrameworkError) -> str:
    return TITLES.get(error.status, "Error")


def _as_json(error: FrameworkError) -> Answer:
    return Answer(
        status=error.status,
        body={
            "description": _title(error),
            "status": error.status,
            "message": error.message,
        },
    )


def _as_html(error: FrameworkError) -> Answer:
    head = f"⚠️ {error.status} — {_title(error)}"
    text = (
        f"<!DOCTYPE html><html lang=en><meta charset=UTF-8><title>{head}</title>\n"
        f"<style>{STYLE}</style>\n"
        f"<h1>{head}</h1><p>{html.escape(error.message)}\n"
    )
    return Answer(status=error.status, body=text, content_type=HTML_TYPE)


def _as_text(error: FrameworkError) -> Answer:
    head = f"⚠️ {error.status} — {_title(error)}"
    text = f"{head}\n{'=' * len(head)}\n{error.message}\n\n"
    return Answer(status=error.status, body=text, content_type=TEXT_TYPE)


def _writer(request: Request) -> Callable[[FrameworkError], Answer]:
    """Choose as Sanic does: by Accept, then Content-Type, then the body."""
    accepted = [
        item.partition(";")[0].strip()
        for item in request.headers.get("accept", "").split(",")
        if item.strip()
    ]
    content_type = request.headers.get("content-type", "").partition(";")[0]
    if accepted[:1] == ["text/html"]:
        return _as_html
    if "application/json" in accepted or content_type == "application/json":
        return _as_json
    if not accepted:
        return _as_text
    try:
        return _as_json if request.body and json.loads(request.body) else _as_html
    except (ValueError, RecursionError):
        return _as_html
