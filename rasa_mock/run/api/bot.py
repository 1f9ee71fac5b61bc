"""The routes about the bot itself: root, version, status, domain, model.

Imitates rasa/server.py of Rasa 3.6.21.  Nothing is trained here: a model is made at
once of training data that can be read, and what it is tested with is answered by the
bot that is loaded.
"""

from __future__ import annotations

import os
from typing import Any

from rasa_mock.core.commands import Effects
from rasa_mock.core.domain import Domain
from rasa_mock.errors import DataError
from rasa_mock.run.api.base import (
    TEXT_TYPE,
    Answer,
    Desk,
    Json,
    Refusal,
    Request,
    bad_request,
    check_types,
    unexpected,
)
from rasa_mock.run.api.conversations import (
    guarded,
    json_object,
    need_workshop,
    predicted,
    read_events,
    shown,
)
from rasa_mock.run.api.emulation import EMULATIONS
from rasa_mock.run.api.grading import grade_intents, grade_stories

BINARY_TYPE = "application/octet-stream"
YAML_TYPE = "application/x-yaml"
NO_CONTENT = 204
TESTING_ERROR = "TestingError"
NOT_ACCEPTABLE = (
    'Invalid Accept header. Domain can be provided as json ("Accept: application/json"'
    ') oryml ("Accept: application/x-yaml"). Make sure you\'ve set the appropriate '
    "Accept header."
)
NO_TEXT = (
    "No text message defined in request_body. Add text message to request body in "
    "order to obtain the intent and extracted entities."
)
NO_TRAINING_DATA = (
    "You must provide training data in the request body in order to train your model."
)
NO_STORIES = (
    "You must provide some stories in the request body in order to evaluate your model."
)
NO_EXAMPLES = (
    "You must provide some nlu data in the request body in order to evaluate your "
    "model."
)
NO_MODEL_PATH = "No path to model file defined in request_body."


def root(desk: Desk, _request: Request) -> Effects[Answer]:
    """Say hello."""
    yield from ()
    text = f"Hello from Rasa: {desk.version}"
    return Answer(body=text, content_type=TEXT_TYPE)


def version(desk: Desk, _request: Request) -> Effects[Answer]:
    """Tell the version."""
    yield from ()
    return Answer(
        body={"version": desk.version, "minimum_compatible_version": desk.version}
    )


def status(desk: Desk, _request: Request) -> Effects[Answer]:
    """Tell which model is loaded."""
    yield from ()
    model = desk.model
    body: Json = {
        "model_file": model.file,
        "model_id": model.id,
        "num_active_training_jobs": model.training_jobs,
    }
    if desk.profile.calm:
        body |= {"worker_pid": os.getpid(), "engine_version": desk.version}
    return Answer(body=body)


def domain(desk: Desk, request: Request) -> Effects[Answer]:
    """Show the domain, as JSON or YAML."""
    yield from ()
    accepts = request.headers.get("accept", "application/json")
    wants = _wants(accepts, is_strict=desk.is_odd("any_type_refused"))
    known: Domain = desk.processor.bot.domain
    if wants == "json":
        return Answer(body=known.as_dict())
    if wants == "yaml":
        text = need_workshop(desk).dump(known.as_dict())
        return Answer(body=text, content_type=YAML_TYPE)
    raise Refusal(406, "NotAcceptable", message=NOT_ACCEPTABLE)


def _wants(accepts: str, *, is_strict: bool) -> str | None:
    if is_strict:
        if accepts.endswith("json"):
            return "json"
        return "yaml" if accepts.endswith(("yml", "yaml")) else None
    for item in accepts.split(","):
        kind = item.partition(";")[0].strip()
        if kind in ("*/*", "application/*", "") or kind.endswith("json"):
            return "json"
        if kind.endswith(("yml", "yaml")):
            return "yaml"
    return None


def parse(desk: Desk, request: Request) -> Effects[Answer]:
    """Tell what a text means."""
    yield from ()
    request.need_body(NO_TEXT)
    emulation = _emulation(request)
    body = request.json()
    if not isinstance(body, dict) or "text" not in body:
        if not desk.is_odd("no_text_crashes"):
            raise bad_request("expected a text, got none", parameter="text")
        raise _unreadable(body)
    text = body["text"]
    if isinstance(text, list) and text:
        text = text[0]
    check_types(desk, {"text": text}, types={"text": str})
    if text is None:
        if not desk.is_odd("no_text_crashes"):
            raise bad_request("expected a text, got null", parameter="text")
        raise unexpected(_unreadable(text), "ParsingError")
    try:
        return Answer(body=emulation(desk.processor.parse(text)))
    except (DataError, AttributeError, TypeError) as error:
        raise unexpected(
            unexpected(error, "ParsingError", status=400), "ParsingError"
        ) from error


def _unreadable(body: Any) -> Refusal:
    """Make what Rasa makes of a body in which it looks for a text in vain."""
    try:
        body["text"]
    except (TypeError, LookupError) as error:
        return unexpected(error, "ParsingError")
    return unexpected(KeyError("text"), "ParsingError")


def _emulation(request: Request) -> Any:
    mode = request.params.get("emulation_mode")
    known = EMULATIONS.get(mode.upper() if mode else None)
    if known is None:
        raise bad_request(
            "Invalid parameter value for 'emulation_mode'. Should be one of "
            "'WIT', 'LUIS', 'DIALOGFLOW'.",
            parameter="emulation_mode",
            place="query",
        )
    return known


def predict_after(desk: Desk, request: Request) -> Effects[Answer]:
    """Tell what would come next after events."""
    events = read_events(request)
    verbosity = request.params.get("include_events", "AFTER_RESTART").upper()
    shown(request)
    if not isinstance(request.json(), list):
        raise bad_request(
            "Supplied events are not valid. 'str' object has no attribute 'get'",
            parameter="",
        )
    try:
        tracker, choice = yield from guarded(
            desk.processor.predict_after(events), reason="PredictionError"
        )
    except Refusal as refusal:
        error = refusal.__cause__
        if isinstance(error, DataError) and error.phase == "deserialise":
            raise bad_request(
                f"Supplied events are not valid. {error}", parameter=""
            ) from refusal
        raise
    return Answer(body=predicted(tracker, choice, verbosity=verbosity))


# Models.


def train(desk: Desk, request: Request) -> Effects[Answer]:
    """Make a model of the training data in the body; it is not loaded."""
    yield from ()
    request.need_body(NO_TRAINING_DATA)
    model = need_workshop(desk).train(request)
    return Answer(
        body=model.content,
        content_type=BINARY_TYPE,
        headers={
            "filename": model.file,
            "Content-Disposition": f'attachment; filename="{model.file}"',
        },
    )


def load_model(desk: Desk, request: Request) -> Effects[Answer]:
    """Put a model in place of the one that is loaded."""
    yield from ()
    request.need_body(NO_MODEL_PATH)
    body = json_object(desk, request)
    name, server = body.get("model_file"), body.get("model_server")
    if server is not None and (not isinstance(server, dict) or "url" not in server):
        raise bad_request(
            f"Supplied 'model_server' is not valid. Error: {server!r}",
            parameter="model_server",
        )
    loaded = need_workshop(desk).load(name) if isinstance(name, str) else None
    if loaded is None:
        raise bad_request(
            f"Agent with name '{name}' could not be loaded.",
            parameter="model",
            place="query",
        )
    desk.processor.bot = loaded
    desk.model.file, desk.model.is_loaded = str(name).rpartition("/")[2], True
    return Answer(status=NO_CONTENT)


def unload_model(desk: Desk, _request: Request) -> Effects[Answer]:
    """Put the model away: nothing is answered until another one is loaded."""
    yield from ()
    desk.model.is_loaded = False
    return Answer(status=NO_CONTENT)


def test_stories(desk: Desk, request: Request) -> Effects[Answer]:
    """Test the bot with stories."""
    request.need_body(NO_STORIES)
    processor = desk.processor
    stories = need_workshop(desk).stories(request, domain=processor.bot.domain)
    graded = yield from guarded(
        grade_stories(processor, stories, is_end_to_end=request.flag("e2e")),
        reason=TESTING_ERROR,
    )
    return Answer(body=graded)


def test_intents(desk: Desk, request: Request) -> Effects[Answer]:
    """Test the bot with examples of intents."""
    yield from ()
    request.need_body(NO_EXAMPLES)
    examples = need_workshop(desk).examples(request)
    if not desk.model.is_loaded:
        raise Refusal(409, "Conflict", message="Loaded model file not found.")
    return Answer(body=grade_intents(desk.processor.parse, examples))
