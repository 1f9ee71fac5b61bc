"""The table of routes, and how a path finds its row.

Docs, OpenAPI and tests walk the same table.  Ids of conversations may contain slashes,
as `:path` parameters of Sanic do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from rasa_mock.core.profile import RASA_PRO_3_21
from rasa_mock.run.api import bot, conversations, pro
from rasa_mock.run.api.base import Route

CONVERSATION = "/conversations/{conversation_id}"
PRO = (RASA_PRO_3_21.name,)
EVENTS = ("include_events",)
OUTPUT = ("output_channel",)

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/",
        answer=bot.root,
        title="Say hello",
        auth=False,
        model=False,
    ),
    Route(
        method="GET",
        path="/version",
        answer=bot.version,
        title="Version of Rasa",
        auth=False,
        model=False,
    ),
    Route(
        method="GET",
        path="/status",
        answer=bot.status,
        title="The model that is loaded",
    ),
    Route(
        method="GET",
        path=f"{CONVERSATION}/tracker",
        answer=conversations.retrieve,
        title="A conversation; a new one starts a session",
        params=(*EVENTS, "until"),
    ),
    Route(
        method="POST",
        path=f"{CONVERSATION}/tracker/events",
        answer=conversations.append,
        title="Add events",
        turn=True,
        params=(*EVENTS, *OUTPUT, "execute_side_effects"),
    ),
    Route(
        method="PUT",
        path=f"{CONVERSATION}/tracker/events",
        answer=conversations.replace,
        title="Put events in place of all others",
        turn=True,
        params=EVENTS,
    ),
    Route(
        method="GET",
        path=f"{CONVERSATION}/story",
        answer=conversations.story,
        title="The conversation as a test story",
        exists=True,
        params=("until", "all_sessions"),
    ),
    Route(
        method="POST",
        path=f"{CONVERSATION}/execute",
        answer=conversations.execute,
        title="Run one action",
        turn=True,
        exists=True,
        params=(*EVENTS, *OUTPUT),
    ),
    Route(
        method="POST",
        path=f"{CONVERSATION}/trigger_intent",
        answer=conversations.trigger_intent,
        title="Answer an intent from outside",
        turn=True,
        params=(*EVENTS, *OUTPUT),
    ),
    Route(
        method="POST",
        path=f"{CONVERSATION}/predict",
        answer=conversations.predict,
        title="What comes next",
        exists=True,
    ),
    Route(
        method="POST",
        path=f"{CONVERSATION}/messages",
        answer=conversations.add_message,
        title="Log a message, without an answer",
        turn=True,
        params=EVENTS,
    ),
    Route(
        method="POST",
        path="/model/train",
        answer=bot.train,
        title="Train a model",
        model=False,
        params=(
            "save_to_default_model_directory",
            "force_training",
            "augmentation",
            "num_threads",
            "callback_url",
        ),
    ),
    Route(
        method="POST",
        path="/model/test/stories",
        answer=bot.test_stories,
        title="Test the model with stories",
        params=("e2e",),
    ),
    Route(
        method="POST",
        path="/model/test/intents",
        answer=bot.test_intents,
        title="Test the model with NLU examples",
        model=False,
        params=("model", "cross_validation_folds", "callback_url"),
    ),
    Route(
        method="POST",
        path="/model/predict",
        answer=bot.predict_after,
        title="What comes next after these events",
        params=EVENTS,
    ),
    Route(
        method="POST",
        path="/model/parse",
        answer=bot.parse,
        title="What a text means",
        params=("emulation_mode",),
    ),
    Route(
        method="PUT",
        path="/model",
        answer=bot.load_model,
        title="Load a model",
        model=False,
    ),
    Route(
        method="DELETE",
        path="/model",
        answer=bot.unload_model,
        title="Put the model away",
        model=False,
    ),
    Route(
        method="GET",
        path="/domain",
        answer=bot.domain,
        title="The domain, as JSON or YAML",
    ),
    *pro.ROUTES,
)
"""All routes but those of channels; the first 19 are Rasa Open Source."""


class Found(NamedTuple):
    """What a path leads to: a row and what the path names, or which methods it has."""

    route: Route | None
    names: tuple[str, ...]
    allowed: tuple[str, ...]


class Finder:
    """Finds the route of a request among those of a profile."""

    def __init__(self, profile: str, routes: Sequence[Route] = ROUTES) -> None:
        self.routes = [
            route for route in routes if not route.profiles or profile in route.profiles
        ]
        self._patterns = [(pattern_of(route.path), route) for route in self.routes]
        self._fixed: dict[str, dict[str, Route]] = {}
        for route in self.routes:
            if "{" not in route.path:
                self._fixed.setdefault(route.path, {})[route.method] = route

    def __call__(self, method: str, path: str) -> Found:
        """Look a path up; one final slash more does not matter."""
        fixed = self._fixed.get(path if path == "/" else path.rstrip("/"))
        if fixed is not None:
            return Found(fixed.get(method), (), tuple(fixed))
        allowed: list[str] = []
        for pattern, route in self._patterns:
            match = pattern.fullmatch(path)
            if match:
                if route.method == method:
                    return Found(route, match.groups(), ())
                allowed.append(route.method)
        return Found(None, (), tuple(allowed))


@lru_cache(maxsize=256)
def pattern_of(path: str) -> re.Pattern[str]:
    """Return what matches the paths of a route."""
    whole = re.sub(r"\\{\w+\\}", "([^/].*?)", re.escape(path)) + "/?"
    return re.compile(whole, flags=re.DOTALL)


def open_source(routes: Iterable[Route] = ROUTES) -> list[Route]:
    """Return the routes that every Rasa has."""
    return [route for route in routes if not route.profiles]
