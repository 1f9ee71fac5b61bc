"""`rasa-mock generate`: what it writes, what it says of old fixtures, and bad input."""

from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from rasa_mock.cli.main import cli
from rasa_mock.errors import RasaMockError

WEATHER = Path(__file__).resolve().parents[2] / "examples" / "weather" / "domain.yml"
KINDS = ("requests", "trackers", "events", "responses", "conversations")


def generate(*arguments, code=0):
    words = ["generate", *map(str, arguments)]
    if "--domain" not in words:
        words += ["--domain", str(WEATHER)]
    result = CliRunner().invoke(cli, words)
    error = result.exception
    if isinstance(error, RasaMockError):
        assert error.exit_code == code, error
        return str(error)
    assert result.exit_code == code, result.output + repr(error)
    return result.stdout


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["sets"]


@pytest.mark.parametrize("kind", KINDS)
def test_each_fixture_has_a_file_of_its_own(kind, tmp_path):
    generate(kind, "--count", 4, "--out", tmp_path)
    entry = manifest(tmp_path)[kind]
    assert len(entry["files"]) == entry["count"] == 4
    for name, told in entry["files"].items():
        data = (tmp_path / name).read_bytes()
        assert json.loads(data)
        assert sha256(data).hexdigest() == told["sha256"]


def test_the_manifest_says_how_they_were_made(tmp_path):
    generate("requests", "--seed", 5, "--count", 2, "--out", tmp_path)
    entry = manifest(tmp_path)["requests"]
    assert (entry["seed"], entry["locale"], entry["profile"]) == (
        5,
        "en_US",
        "rasa-3.6",
    )
    assert set(entry["versions"]) == {"rasa_mock", "rasa"}
    assert len(entry["schema_digest"]) == len(entry["domain_digest"]) == 64
    assert entry["domain"]["slots"]["temperature"]["type"] == "float"
    ids = [name for told in entry["files"].values() for name in told["ids"]]
    assert ids == ["action_tell_weather/first-1", "action_show_sky/first-1"]


def test_the_words_of_other_locales_name_the_release_of_faker(tmp_path):
    generate("trackers", "--locale", "de_DE", "--count", 1, "--out", tmp_path)
    assert "faker" in manifest(tmp_path)["trackers"]["versions"]


def test_without_a_folder_they_are_printed():
    lines = generate("responses", "--count", 3).splitlines()
    assert [set(json.loads(line)) for line in lines] == [{"events", "responses"}] * 3


def test_only_what_is_asked_for_is_made(tmp_path):
    only = ("--action", "validate_weather_form", "--events", 40, "--count", 3)
    for line in generate("requests", *only).splitlines():
        request = json.loads(line)
        assert request["next_action"] == "validate_weather_form"
        assert len(request["tracker"]["events"]) == 40
    types = ("--event", "slot", "--event", "bot", "--count", 4)
    lines = generate("events", *types).splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["slot", "bot"] * 2


def test_wrong_answers_are_labelled(tmp_path):
    generate("responses", "--invalid", "--rule", "RM30", "--out", tmp_path)
    entry = manifest(tmp_path)["wrong_responses"]
    files = [tmp_path / name for name in entry["files"]]
    rules = [json.loads(file.read_text(encoding="utf-8"))["rule"] for file in files]
    assert rules == ["RM301", "RM302", "RM303", "RM306"]
    assert "no bool slot" in entry["left_out"]["RM304"]


def test_a_second_set_stands_beside_the_first_and_a_new_one_replaces_it(tmp_path):
    generate("events", "--count", 3, "--out", tmp_path)
    generate("responses", "--count", 2, "--out", tmp_path)
    generate("events", "--count", 1, "--out", tmp_path)
    assert set(manifest(tmp_path)) == {"events", "responses"}
    assert len(list((tmp_path / "events").iterdir())) == 1


def test_the_order_of_commands_leaves_the_same_bytes(tmp_path):
    for folder, order in (("a", KINDS[2:4]), ("b", KINDS[3:1:-1])):
        for kind in order:
            generate(kind, "--count", 2, "--out", tmp_path / folder)
    texts = [(tmp_path / name / "manifest.json").read_bytes() for name in "ab"]
    assert texts[0] == texts[1]


@pytest.fixture(scope="module")
def tests_written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tests")
    for kind in KINDS:
        generate(kind, "--format", "pytest", "--count", 3, "--out", folder)
    invalid = ("--invalid", "--count", 5, "--profile", "rasa-pro-3.21")
    generate("responses", *invalid, "--format", "pytest", "--out", folder)
    return folder


def test_the_test_files_are_green_without_any_plugin(tests_written):
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."],
        cwd=tests_written,
        capture_output=True,
        text=True,
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        | {"PYTHONPATH": str(WEATHER.parents[2])},
        check=False,
    )
    assert result.returncode == 0, result.stdout
    assert "29 passed" in result.stdout


# What no longer fits.


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    for kind in KINDS:
        generate(kind, "--count", 4, "--format", "jsonl", "--out", folder)
    generate("responses", "--invalid", "--count", 4, "--out", folder)
    return folder


def changed(tmp_path, *replacements):
    text = WEATHER.read_text(encoding="utf-8")
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "domain.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_fixtures_fit_the_domain_that_they_were_made_for(written):
    told = generate("--check", written)
    assert told.count("all 4 ") == 6
    assert "changed" not in told


def test_a_text_stands_for_no_number_that_a_response_names(tmp_path):
    """The example's city is no counterpart of a float slot, in a form or outside."""
    domain = {
        "intents": ["book"],
        "slots": {
            "nights": {"type": "float", "mappings": [{"type": "custom"}]},
            "place": {"type": "text", "mappings": [{"type": "custom"}]},
        },
        "forms": {"room_form": {"required_slots": ["place", "nights"]}},
        "responses": {"utter_room": [{"text": "{nights} nights in {place}"}]},
        "actions": ["action_book", "validate_room_form"],
    }
    path = tmp_path / "domain.yml"
    path.write_text(json.dumps(domain))
    made = ("responses", "--invalid", "--rule", "RM4", "--out", tmp_path / "made")
    generate(*made, "--domain", path)
    told = generate("--check", tmp_path / "made", "--domain", path)
    assert told.startswith("all ")


@pytest.mark.parametrize(
    ("replacement", "change", "reason"),
    [
        (
            ("  temperature: #", "  warmth: #"),
            "slot 'temperature' is gone",
            "the domain has no slot 'temperature'",
        ),
        (
            ("    max_value: 60.0", "    max_value: -80.0"),
            "slot 'temperature': max_value 60.0 -> -80.0",
            "slot 'temperature' is not meant for",
        ),
        (
            ("  - ask_weather\n", "  - ask_the_weather\n"),
            "intent 'ask_weather' is gone",
            "the domain has no intent 'ask_weather'",
        ),
        (
            ("  - action_show_sky\n", ""),
            "action 'action_show_sky' is gone",
            "the domain has no action 'action_show_sky'",
        ),
        (
            ("  weather_form:", "  sky_form:"),
            "form 'weather_form' is gone",
            "the domain has no form 'weather_form'",
        ),
        (
            ("  utter_no_storm:", "  utter_calm:"),
            "response 'utter_no_storm' is gone",
            "the domain has no response 'utter_no_storm'",
        ),
    ],
    ids=["slot", "range", "intent", "action", "form", "response"],
)
def test_what_changed_and_what_it_does_to_fixtures_is_told(
    replacement, change, reason, written, tmp_path
):
    domain = changed(tmp_path, replacement)
    told = generate("--check", written, "--domain", domain, code=1)
    assert "no longer fit" in told
    assert told.count(change) == 1
    assert reason in told
    assert "make them again: rasa-mock generate" in told


def test_a_new_slot_is_missing_from_the_trackers(written, tmp_path):
    extra = "\nslots:\n  wind: {type: text, mappings: [{type: custom}]}\n"
    domain = changed(tmp_path, ("\nslots:\n", extra))
    told = generate("trackers", "--check", written, "--domain", domain, code=1)
    assert "slot 'wind' is new" in told
    assert "/slots/wind: Rasa now sends null here, which is missing" in told


def test_what_no_fixture_uses_may_change(written, tmp_path):
    domain = changed(tmp_path, ("intents:\n", "intents:\n  - complain\n"))
    told = generate("responses", "--check", written, "--domain", domain)
    assert "intent 'complain' is new" in told
    assert "no longer" not in told


def test_files_that_were_touched_are_named(tmp_path):
    generate("events", "--count", 3, "--out", tmp_path)
    first, second, third = sorted((tmp_path / "events").iterdir())
    first.write_text("{", encoding="utf-8")
    second.unlink()
    third.write_text(third.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    told = generate("--check", tmp_path, code=1)
    assert "2 of 3 events no longer fit" in told
    assert "no longer JSON" in told
    assert f"events/{second.name} is gone" in told
    assert f"events/{third.name} was changed by hand" in told


# Bad input.


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "say what to generate: one of requests"),
        (["request"], "did you mean 'requests'"),
        (["requests", "--action", "action_tell"], "did you mean 'action_tell_weather'"),
        (["requests", "--invalid"], "--invalid goes with responses only"),
        (["responses", "--rule", "RM3"], "--rule goes with --invalid only"),
        (["responses", "--event", "slot"], "--event goes with events only"),
        (["events", "--event", "slots"], "no event type 'slots'"),
        (["events", "--action", "x"], "--action does not go with events"),
        (["events", "--events", "20"], "--events goes with requests and trackers"),
        (["events", "--locale", "xx_XX"], "unknown locale 'xx_XX'"),
        (["events", "--profile", "rasa-9"], "unknown profile 'rasa-9'"),
        (["events", "--format", "pytest"], "say where, --out DIR"),
        (["events", "--domain", "nowhere.yml"], "nowhere.yml"),
        (["--check", "nowhere"], "no manifest.json in 'nowhere'"),
        (["responses", "--invalid", "--rule", "RM999"], "there is no rule 'RM999'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_refused_in_words(arguments, message):
    assert message in generate(*arguments, code=2)


def test_a_file_of_somebody_else_is_not_overwritten(tmp_path):
    (tmp_path / "events.jsonl").write_text("mine", encoding="utf-8")
    told = generate("events", "--format", "jsonl", "--out", tmp_path, code=2)
    assert "is there and was not made by this command" in told
    assert (tmp_path / "events.jsonl").read_text(encoding="utf-8") == "mine"


def test_a_file_is_no_folder(tmp_path):
    place = tmp_path / "out"
    place.write_text("", encoding="utf-8")
    assert "expected a folder" in generate("events", "--out", place, code=2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "got no JSON"),
        ("[]", "with 'sets' in it"),
        ('{"version": 1, "sets": {"events": {}}}', "with 'sets' in it"),
        ('{"version": 7, "sets": {}}', "expected a manifest of version 1, got 7"),
    ],
    ids=["no json", "a list", "no set", "version"],
)
def test_a_broken_manifest_is_refused(text, message, tmp_path):
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    assert message in generate("--check", tmp_path, code=2)


def test_a_set_that_is_not_there_is_named(written):
    told = generate("--check", written.parent / "x", code=2)
    assert "no manifest.json" in told
