"""Domain files and folders against what real Rasa 3.6.21 made of the same files.

`recorded_domain_files.jsonl.gz` holds single files and folders, many of them broken at
random places, and what `Domain.load` of Rasa said: its exception, or the domain.  Rasa
read the folders by name there; HOME was `/root`.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from rasa_mock.core.domain_merge import merge_domains
from rasa_mock.errors import DataError
from rasa_mock.files.domain import DomainWarning, load_domain, read_domain
from rasa_mock.resources import fixture_folder

HERE = Path(__file__).parent


def recorded() -> list[Any]:
    path = HERE / "recorded_domain_files.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [pytest.param(case, id=case["id"]) for case in map(json.loads, stream)]


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def silent(_message: str) -> None:
    """Take a warning and say nothing."""


# --- recorded from real Rasa ---------------------------------------------------------


@pytest.mark.parametrize("case", recorded())
def test_files_are_loaded_and_refused_as_by_rasa(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: dict[str, Any]
) -> None:
    monkeypatch.setenv("HOME", "/root")
    for name in ("NOT_SET_X", "USERX"):
        monkeypatch.delenv(name, raising=False)
    path = write(tmp_path, case["files"])
    path = path if case["folder"] else path / "domain.yml"
    expected = case["expected"]
    if "class" in expected:
        with pytest.raises(DataError) as caught:
            load_domain(path, warn=silent)
        error = caught.value
        assert (error.rasa_class, error.phase) == (expected["class"], "domain")
        assert error.path is not None
        assert error.path.startswith(str(tmp_path))
        return
    domain = load_domain(path, warn=silent)
    # As text: the order of the keys counts.
    assert json.dumps(domain.as_dict()) == json.dumps(expected["document"])
    assert json.dumps(
        {name: slot.reset_value() for name, slot in domain.slots.items()}
    ) == json.dumps(expected["slots"])


@pytest.mark.parametrize(
    "bot", ["concertbot", "formbot", "helpdesk", "knowledgebasebot", "reminderbot"]
)
def test_the_domains_of_real_bots_are_sent_as_rasa_sends_them(
    recordings: Path, bot: str
) -> None:
    domain = load_domain(recordings / "domains" / f"{bot}.yml")
    sent = (recordings / "recordings" / f"{bot}.domain.json").read_text("utf-8")
    assert json.dumps(domain.as_dict()) == json.dumps(json.loads(sent))


def test_the_domain_of_the_trained_bot_is_sent_as_rasa_sends_it() -> None:
    conformance = fixture_folder() / "conformance"
    domain = load_domain(conformance / "bot" / "domain.yml")
    sent = (conformance / "conversations" / "_domain.json").read_text("utf-8")
    assert json.dumps(domain.as_dict()) == json.dumps(json.loads(sent))


# --- layouts -------------------------------------------------------------------------

SLOT = "{type: text, mappings: [{type: from_text}]}"


@pytest.mark.parametrize(
    "version", ["version: '3.1'", "version: '3.0'", "version: '2.0'", ""]
)
def test_every_version_up_to_3_1_is_read_alike(tmp_path: Path, version: str) -> None:
    text = f"{version}\nintents: [greet]\nslots: {{a: {SLOT}}}\n"
    domain = load_domain(write(tmp_path, {"domain.yml": text}) / "domain.yml")
    assert domain.user_slots == ("a",)
    assert domain.as_dict()["version"] == (version[10:-1] or "3.1")


def test_templates_are_no_responses(tmp_path: Path) -> None:
    text = "intents: [greet]\ntemplates:\n  utter_a:\n  - text: hi\n"
    domain = load_domain(write(tmp_path, {"domain.yml": text}) / "domain.yml")
    assert domain.responses == {}
    assert "utter_a" not in domain.action_names


def test_a_newer_version_is_skipped_with_a_warning(tmp_path: Path) -> None:
    write(tmp_path, {"domain.yml": "version: '4.0'\nintents: [greet]\n"})
    with pytest.warns(DomainWarning, match="version '4.0' is newer than '3.1'"):
        domain = load_domain(tmp_path / "domain.yml")
    assert domain.is_empty


@pytest.mark.parametrize("text", ["yes", "No", "on"])
def test_texts_that_older_yaml_takes_for_booleans_stay_texts(
    tmp_path: Path, text: str
) -> None:
    yaml = (
        f"responses:\n  utter_a:\n  - text: {text}\n    buttons: [{{title: {text}}}]\n"
    )
    domain = load_domain(write(tmp_path, {"domain.yml": yaml}) / "domain.yml")
    assert domain.responses["utter_a"] == [{"text": text, "buttons": [{"title": text}]}]


REFUSED = {
    "a 2.x slot": (
        "slots:\n  a:\n    type: text\n",
        "YamlValidationException",
        2,
        "key 'mappings' missing; since Rasa 3.0 every slot needs a list of mappings",
    ),
    "a 2.x form": (
        "forms:\n  f:\n    a:\n    - type: from_text\n",
        "YamlValidationException",
        3,
        "expected one of the keys required_slots, ignored_intents, got 'a'",
    ),
    "required slots as mapping": (
        "forms:\n  f:\n    required_slots:\n      a: []\n",
        "YamlValidationException",
        3,
        "expected a list, got {'a': []}",
    ),
    "forms as list": (
        "forms:\n- f\n",
        "YamlValidationException",
        1,
        "expected a mapping, got ['f']",
    ),
    "response without text": (
        "responses:\n  utter_a:\n  - text: hi\n  - image: x\n",
        "YamlValidationException",
        4,
        "expected the key 'text' or 'custom', got {'image': 'x'}",
    ),
    "response as text": (
        "responses:\n  utter_a: hi\n",
        "YamlValidationException",
        2,
        "expected a list, got 'hi'",
    ),
    "text as number": (
        "responses:\n  utter_a:\n  - text: 5\n",
        "YamlValidationException",
        3,
        "expected text, got 5",
    ),
    "version as number": (
        "intents: [a]\nversion: 3.1\n",
        "YamlValidationException",
        2,
        "expected text, got 3.1",
    ),
    "slot without a letter": (
        "slots:\n  日期:\n    type: any\n    mappings: []\n",
        "YamlValidationException",
        2,
        "expected a name with a letter of A to Z, got '日期'",
    ),
    "several": (
        "intents: a\nentities: b\nactions: c\n",
        "YamlValidationException",
        1,
        "expected a list, got 'a' (and 2 more)",
    ),
    "empty section": (
        "intents: [a]\nentities:\n",
        "TypeError",
        2,
        "expected a list of entities, got None; Rasa stops here with TypeError",
    ),
    "unknown slot type": (
        "slots:\n  a:\n    type: word\n    mappings: [{type: custom}]\n",
        "InvalidSlotTypeException",
        2,
        "Failed to find slot type, 'word' is neither",
    ),
    "auto_fill": (
        "slots:\n  a:\n    type: text\n    auto_fill: true\n    mappings: []\n",
        "TypeError",
        2,
        "unexpected keyword argument 'auto_fill'",
    ),
    "duplicate intent": (
        "entities: [a]\nintents:\n- x\n- x\n",
        "InvalidDomain",
        2,
        "Found multiple intents with name(s) ['x']",
    ),
    "a list": ("- a\n", "YamlValidationException", 1, "expected a mapping, got ['a']"),
    "a text": (
        "hello",
        "YamlValidationException",
        1,
        "expected a mapping, got 'hello'",
    ),
    "nothing": (
        "# nothing\n",
        "YamlValidationException",
        None,
        "expected a mapping, got 'an empty file'",
    ),
    "duplicate section": (
        "slots: {}\nintents: []\nslots: {}\n",
        "YamlSyntaxException",
        3,
        "key 'slots' occurs twice (first on line 1)",
    ),
    "a date": (
        f"intents: [a]\nslots:\n  a: {SLOT[:-1]}, initial_value: 2020-01-01}}\n",
        "TypeError",
        3,
        "got date datetime.date(2020, 1, 1), which Rasa cannot send",
    ),
}


@pytest.mark.parametrize(
    ("text", "rasa_class", "line", "message"), REFUSED.values(), ids=REFUSED.keys()
)
def test_what_rasa_refuses_is_told_with_its_line(
    tmp_path: Path, text: str, rasa_class: str, line: int | None, message: str
) -> None:
    path = write(tmp_path, {"domain.yml": text}) / "domain.yml"
    with pytest.raises(DataError) as caught:
        load_domain(path)
    error = caught.value
    assert (error.rasa_class, error.phase) == (rasa_class, "domain")
    assert (error.path, error.line) == (str(path), line)
    assert message in error.message


def test_a_missing_file_is_an_invalid_domain() -> None:
    with pytest.raises(DataError, match="no such file or folder") as caught:
        load_domain("nowhere/domain.yml")
    assert (caught.value.rasa_class, caught.value.phase) == ("InvalidDomain", "domain")


# --- folders -------------------------------------------------------------------------


def test_a_folder_is_merged_in_the_way_of_rasa(tmp_path: Path) -> None:
    files = {
        "b.yml": (
            "version: '2.0'\nunknown: 1\nactions: [action_b, trip_form, action_a]\n"
            f"slots: {{b: {SLOT}, both: {SLOT}}}\n"
            "responses: {utter_x: [{text: b}]}\n"
            "session_config: {session_expiration_time: 5}\n"
        ),
        "a.yml": (
            "intents: [z, {greet: {use_entities: []}}]\nactions: [action_a]\n"
            "forms: {trip_form: {required_slots: [b]}}\n"
            "slots: {both: {type: any, mappings: []}}\n"
            "responses: {utter_x: [{text: a}]}\n"
            "session_config: {session_expiration_time: 60, "
            "carry_over_slots_to_new_session: true}\n"
        ),
        "sub/deep/c.yaml": "intents: [greet, a]\ne2e_actions: [hello, bye]\n",
        "nlu.yml": "nlu:\n- intent: greet\n  examples: '- hi'\n",
        "notes.txt": "intents: [never]",
    }
    warnings: list[str] = []
    domain = load_domain(write(tmp_path, files), warn=warnings.append)
    assert domain.as_dict() == {
        "intents": ["a", {"greet": {"use_entities": []}}, "z"],
        "actions": ["action_b", "action_a"],
        "forms": {"trip_form": {"required_slots": ["b"]}},
        "slots": {
            "b": {"type": "text", "mappings": [{"type": "from_text"}]},
            "both": {"type": "any", "mappings": []},
        },
        "responses": {"utter_x": [{"text": "a"}]},
        "session_config": {"session_expiration_time": 5},
        "e2e_actions": ["bye", "hello"],
        "version": "3.1",
    }
    kept = " also in an earlier file; Rasa keeps the one it reads first"
    assert [message.removeprefix(str(tmp_path)) for message in warnings] == [
        f"/b.yml: action_a of actions{kept}",
        f"/b.yml: utter_x of responses{kept}",
        f"/b.yml: both of slots{kept}",
        f"/sub/deep/c.yaml: greet of intents{kept}",
    ]


def test_unreadable_files_of_a_folder_are_skipped_with_a_warning(
    tmp_path: Path,
) -> None:
    write(tmp_path, {"a.yml": "intents: [a]", "b.yml": "intents: [b\nslots: *x"})
    (tmp_path / "c.yml").write_bytes(b"intents: [caf\xe9]")
    with (tmp_path / "d.yml").open("wb") as stream:
        stream.truncate(50 * 1024 * 1024)
    warnings: list[str] = []
    assert read_domain(tmp_path, warn=warnings.append) == {"intents": ["a"]}
    assert [Path(message.split(":")[0]).name for message in warnings] == [
        "b.yml",
        "c.yml",
        "d.yml",
    ]
    with pytest.warns(DomainWarning, match="Rasa skips a file that it cannot read"):
        read_domain(tmp_path)


def test_a_domain_file_that_rasa_refuses_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"a.yml": "intents: [a]", "sub/b.yml": "intents: [b]\nslots: [x]"})
    with pytest.raises(DataError) as caught:
        load_domain(tmp_path)
    assert caught.value.path == str(tmp_path / "sub" / "b.yml")
    assert caught.value.line == 2


@pytest.mark.parametrize("files", [{}, {"nlu.yml": "nlu: []"}, {"a.txt": "slots: {}"}])
def test_a_folder_without_domain_files_is_told(
    tmp_path: Path, files: dict[str, str]
) -> None:
    with pytest.raises(DataError, match="no domain file in this folder"):
        load_domain(write(tmp_path, files))


def test_links_are_followed_and_circles_are_not(tmp_path: Path) -> None:
    inside = write(tmp_path / "bot", {"a.yml": "intents: [a]"})
    outside = write(tmp_path / "common", {"b.yml": "intents: [b]"})
    (inside / "linked").symlink_to(outside)
    (outside / "back").symlink_to(inside)
    assert read_domain(inside) == {**EMPTY, "intents": ["b", "a"]}


EMPTY = {
    "entities": [],
    "actions": [],
    "e2e_actions": [],
    "forms": {},
    "responses": {},
    "slots": {},
}


def test_folders_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rasa_mock.files.domain.MAX_FILES", 3)
    write(tmp_path, {f"{number}.yml": "intents: [a]" for number in range(4)})
    with pytest.raises(DataError, match="more than 3 YAML files in this folder"):
        load_domain(tmp_path)


def test_files_without_a_section_of_a_domain_are_not_even_parsed(
    tmp_path: Path,
) -> None:
    # Training data may be large; a warning would show that this one was parsed.
    write(tmp_path, {"nlu.yml": "nlu: [", "domain.yml": "intents: [a]"})
    assert read_domain(tmp_path) == {"intents": ["a"]}


def test_merging_changes_neither_domain() -> None:
    first = {"forms": {"f": None}, "slots": {"a": 1}}
    other = {"actions": ["f", "g"], "slots": {"b": 2, "a": 3}}
    merged = merge_domains(first, other)
    assert merged["actions"] == ["g"]
    assert list(merged["slots"].items()) == [("b", 2), ("a", 1)]
    assert first == {"forms": {"f": None}, "slots": {"a": 1}}
    assert other == {"actions": ["f", "g"], "slots": {"b": 2, "a": 3}}
