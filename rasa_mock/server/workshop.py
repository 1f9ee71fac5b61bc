"""What of the API works with files: training, models, tests, and YAML.

Nothing is trained.  Training data that can be read makes a model at once, which is kept
in memory under its name; data that Rasa would refuse is refused.  A model can be loaded
that was made here, by name or from the file that was kept of it, and so can the folder
of a bot; the file of a model that a real Rasa trained cannot be read.

Imitates `_training_payload_from_yaml` and its like of rasa/server.py (Rasa 3.6).
"""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
import zlib
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from rasa_mock.clock import new_uuid, system_now
from rasa_mock.core.bot import Bot
from rasa_mock.core.domain import Domain
from rasa_mock.core.nlu import Example
from rasa_mock.core.policies.training import Conversation, conversations
from rasa_mock.errors import DataError
from rasa_mock.files.bot import load_bot
from rasa_mock.files.dump import dump_yaml
from rasa_mock.files.stories import read_blocks
from rasa_mock.files.training_data import NluReader
from rasa_mock.files.yaml import Document, parse_yaml
from rasa_mock.run.api.base import Refusal, Request, Trained, bad_request
from rasa_mock.similar import similar

PARTS = ("domain.yml", "config.yml", "data/data.yml")
"""Rasa, too, takes the one text that it is sent for each of them."""
SUFFIX = ".tar.gz"
TRAINING_DATA = "training_data.yml"
LARGEST = 50_000_000
# Models that are kept; the oldest goes first.
MOST_MODELS = 20


class FileWorkshop:
    """Reads what it is sent in a folder for the moment; models stay in memory."""

    def __init__(self) -> None:
        self._models: dict[str, Bot] = {}

    def train(self, request: Request) -> Trained:
        """Read training data: domain, config and data in one YAML text."""
        text = _text_of(request)
        try:
            bot = _bot_of(text)
        except DataError as error:
            raise _untrainable(error) from error
        moment = datetime.fromtimestamp(system_now(), tz=timezone.utc)
        name = f"{moment:%Y%m%d-%H%M%S}-{new_uuid()[:8]}{SUFFIX}"
        while len(self._models) >= MOST_MODELS:
            del self._models[next(iter(self._models))]
        self._models[name] = bot
        return Trained(file=name, content=_packed(text))

    def load(self, name: str) -> Bot | None:
        """Find a model that was made here, or the folder of a bot."""
        known = self._models.get(name.rpartition("/")[2])
        if known is not None:
            return known
        try:
            if Path(name).is_file():
                text = _unpacked(Path(name))
                return None if text is None else _bot_of(text)
            return read_bot(name) if Path(name).is_dir() else None
        except (DataError, OSError, ValueError) as error:
            message = f"An unexpected error occurred. Error: {error}"
            raise Refusal(500, "LoadingError", message=message) from error

    def dump(self, value: Any) -> str:
        """Write a value as YAML."""
        return dump_yaml(value)

    def stories(self, request: Request, *, domain: Domain) -> list[Conversation]:
        """Read the stories in a request."""
        document = _document(request)
        try:
            blocks = list(read_blocks(document, tell=_not_told))
            return conversations(blocks, domain=domain)
        except DataError as error:
            raise _untestable(error) from error

    def examples(self, request: Request) -> Mapping[str, Example]:
        """Read the NLU examples in a request, by their text."""
        reader = NluReader()
        try:
            reader.read(_document(request), tell=_not_told)
        except DataError as error:
            raise _untestable(error) from error
        return {example.text: example for example in reader.data().examples}


def _not_told(_message: str, _pointer: str) -> None:
    """Keep to oneself what Rasa would only log."""


def _text_of(request: Request) -> str:
    try:
        return request.body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise bad_request(f"expected YAML in UTF-8: {error}", parameter="") from error


def _document(request: Request) -> Document:
    try:
        document = parse_yaml(_text_of(request)).filled_in()
    except DataError as error:
        raise _untestable(error) from error
    if not isinstance(document.value, dict):
        message = f"expected YAML with sections, got {type(document.value).__name__}"
        raise _untestable(DataError(message))
    return document


def read_bot(folder: Path | str) -> Bot:
    """Read the bot in a folder; raise DataError, UsageError."""
    return load_bot(folder, similar=similar)


def _bot_of(text: str) -> Bot:
    with tempfile.TemporaryDirectory(prefix="rasa_mock_") as folder:
        for part in PARTS:
            path = Path(folder) / part
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        try:
            return read_bot(folder)
        except DataError as error:
            # Where it was read for the moment tells the client nothing.
            error.path = None if error.path is None else Path(error.path).name
            raise


def _packed(text: str) -> bytes:
    """Put training data into the file that stands for a model."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in {
            TRAINING_DATA: text,
            "metadata.json": json.dumps({"made_by": "rasa-mock", "trained": False}),
        }.items():
            data = content.encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def _unpacked(path: Path) -> str | None:
    """Return the training data in the file of a model; None if it is not ours."""
    try:
        with tarfile.open(path, mode="r:gz") as archive:
            member = archive.extractfile(TRAINING_DATA)
            data = b"" if member is None else member.read(LARGEST + 1)
    except (KeyError, EOFError, zlib.error, tarfile.TarError, OSError):
        return None
    return data.decode("utf-8", "replace") if len(data) <= LARGEST else None


def _untrainable(error: DataError) -> Refusal:
    if error.path == PARTS[0]:
        message = f"Provided domain file is invalid. Error: {error}"
        return Refusal(400, "InvalidDomainError", message=message)
    message = f"An unexpected error occurred during training. Error: {error}"
    return Refusal(500, "TrainingError", message=message)


def _untestable(error: DataError) -> Refusal:
    message = f"An unexpected error occurred during evaluation. Error: {error}"
    return Refusal(500, "TestingError", message=message)
