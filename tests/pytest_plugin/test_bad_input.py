"""What cannot work is said: what is wrong and what to do, at collection if possible."""

from __future__ import annotations

import socket

import pytest

USES = "def test_it(rasa):\n    rasa.run('action_price')\n"
USAGE = pytest.ExitCode.USAGE_ERROR
SCOPE = "asyncio_default_fixture_loop_scope = function\n"


@pytest.fixture
def unused_url():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/webhook"


@pytest.fixture
def said(run, project):
    """Return a function that runs tests with an ini file: exit code and all lines."""

    def call(text, *options, ini=None):
        if ini is not None:
            project.makefile(".ini", pytest=f"[pytest]\n{SCOPE}{ini}")
        result = run(text, *options)
        return result.ret, " ".join((*result.outlines, *result.errlines))

    return call


def test_no_domain_is_said_at_collection_with_what_to_write(said):
    code, text = said(USES, ini="rasa_actions = shop_actions\n")
    assert code == USAGE
    assert "no domain is configured: there is 'domain.yml', so write" in text
    assert 'rasa_domain = "domain.yml"' in text


def test_a_fixture_outside_a_rasa_project_says_so(said, project):
    (project.path / "domain.yml").unlink()
    code, text = said(USES, ini="")
    assert code == USAGE
    assert "does not look like a Rasa project" in text


def test_no_server_is_said_with_what_to_write(said):
    code, text = said(USES, ini="rasa_domain = domain.yml\n")
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "no action server is configured: write `rasa_actions" in text
    assert "Traceback" not in text


TWO = {
    "options": (["--rasa-domain", "a.yml", "--rasa-domain", "b.yml"], "", ""),
    "files": ([], "rasa_domain = domain.yml\n", 'domain = "other.yml"\n'),
    "servers": (
        [],
        "rasa_actions = shop_actions\nrasa_action_server = http://localhost:1/webhook",
        "",
    ),
}


@pytest.mark.parametrize("name", TWO)
def test_two_of_what_there_is_one_of_are_refused(said, project, name):
    options, ini, toml = TWO[name]
    (project.path / "rasa_mock.toml").write_text(toml)
    code, text = said(USES, *options, ini=ini)
    assert code == USAGE
    assert "two values for rasa_domain" in text or "two action servers" in text
    assert "keep one of them" in text


def test_the_same_domain_in_two_files_is_one(said, project):
    (project.path / "rasa_mock.toml").write_text('domain = "domain.yml"\n')
    code, _ = said(USES)
    assert code == pytest.ExitCode.OK


def test_the_command_line_goes_before_a_file(said, unused_url):
    code, text = said(USES, "--rasa-action-server", unused_url)
    assert code == pytest.ExitCode.TESTS_FAILED
    assert unused_url in text


def test_a_server_that_is_not_there_is_said(said, unused_url):
    ini = f"rasa_domain = domain.yml\nrasa_action_server = {unused_url}\n"
    code, text = said(USES, ini=ini)
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "the action server cannot be used" in text
    assert "start it (`rasa run actions`)" in text
    assert "Traceback" not in text


def test_coverage_of_no_bot_is_said(said):
    code, text = said("def test_it(): pass", "--rasa-cov", ini="")
    assert code == pytest.ExitCode.OK
    assert "no bot is known, so nothing can be counted: say which domain" in text


def test_a_contract_without_a_server_is_one_error_of_collection(said, unused_url):
    for ini, message in (
        ("rasa_domain = domain.yml\n", "no action server is configured"),
        ("rasa_domain = domain.yml\nrasa_actions = no_such\n", "no package 'no_such'"),
        (f"rasa_domain = domain.yml\nrasa_action_server = {unused_url}\n", unused_url),
    ):
        code, text = said("", "--rasa-contract", ini=ini)
        assert code == pytest.ExitCode.INTERRUPTED
        assert text.count(message) == 1
        assert "1 error" in text


BAD_VALUES = {
    "domain": (["--rasa-domain", "nowhere.yml"], "does not exist; correct rasa_domain"),
    "package": (["--rasa-actions", "no_such"], "there is no package 'no_such'"),
    "mode": (["--rasa-server-mode", "docker"], "expected one of inprocess, subprocess"),
    "url": (["--rasa-action-server", "ftp://x"], "--rasa-action-server: cannot call"),
    "seed": (["--rasa-seed", "x"], "--rasa-seed: expected a whole number or 'random'"),
    "cases": (["--rasa-cases", "0"], "--rasa-cases: expected a whole number above 0"),
    "timeout": (["--rasa-timeout", "-1"], "--rasa-timeout: expected a number above 0"),
    "severity": (["--rasa-fail-on", "fatal"], "expected one of error, warning, info"),
    "profile": (["--rasa-profile", "rasa-9"], "rasa-9"),
    "rule": (["--rasa-select", "RM9999"], "RM9999"),
    "mode without": (["--rasa-server-mode", "url"], "rasa_action_server is not given"),
    "configuration": (["--rasa-config", "nowhere.toml"], "cannot read the configur"),
    "bot": (["--rasa-bot", "nowhere"], "the bot's folder"),
    "locale": (["--rasa-locale", "xx_XX"], "unknown locale 'xx_XX'"),
}


@pytest.mark.parametrize("name", BAD_VALUES)
def test_a_value_that_cannot_be_is_said_with_its_place(said, name):
    options, message = BAD_VALUES[name]
    text = USES + "def test_talk(conversation): pass\ndef test_made(payload): payload()"
    code, shown = said(text, *options)
    assert code in (USAGE, pytest.ExitCode.TESTS_FAILED)
    assert message in shown
    assert "INTERNALERROR" not in shown


def test_an_unknown_key_of_the_configuration_is_said_with_its_line(said, project):
    (project.path / "rasa_mock.toml").write_text('\ndomian = "domain.yml"\n')
    code, text = said(USES)
    assert code == USAGE
    assert "rasa_mock.toml:2: unknown key 'domian'; did you mean 'domain'?" in text


def test_a_domain_that_rasa_refuses_is_said_with_its_line(said, project):
    (project.path / "domain.yml").write_text("slots:\n  a:\n    type: text\n")
    code, text = said(USES)
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "domain.yml:2: key 'mappings' missing" in text
    # Once as the error; pytest's summary line, where it is not folded, repeats it.
    errors = text.partition("short test summary info")[0]
    assert errors.count("key 'mappings' missing") == 1
    assert "Traceback" not in text


def test_an_assertion_on_a_slot_that_the_domain_lacks_is_said(said):
    code, text = said(
        "def test_it(rasa):\n    rasa.run('action_price').assert_slots(prize=1.0)\n"
    )
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "the domain has no slot 'prize'; did you mean 'price'?" in text


ASYNC = """
import pytest

@pytest.fixture
async def client():
    yield 1

def test_it(rasa, client):
    rasa.run("action_price")
"""


def test_a_plain_test_with_an_async_fixture_is_said_at_collection(said):
    code, text = said(ASYNC)
    assert code == USAGE
    assert "uses 'client', an async fixture which nobody awaits" in text
    assert "@pytest_asyncio.fixture" in text


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("@pytest.fixture", "@pytest_asyncio.fixture"),
        ("def test_it", "@pytest.mark.asyncio\nasync def test_it"),
    ],
    ids=["fixture", "test"],
)
def test_what_to_do_about_it_helps(said, wrong, right):
    text = ASYNC.replace(wrong, right)
    if "asyncio.mark" not in text and "mark.asyncio" in text:
        text = text.replace("@pytest.fixture", "@pytest_asyncio.fixture")
    code, shown = said("import pytest_asyncio\n" + text)
    assert code == pytest.ExitCode.OK, shown


def test_the_mode_auto_of_pytest_asyncio_awaits_the_fixture(said):
    code, shown = said(ASYNC, "-o", "asyncio_mode=auto")
    assert code == pytest.ExitCode.OK, shown


def test_a_contract_without_its_argument_is_said(said):
    code, text = said(
        "import rasa_mock\n"
        "@rasa_mock.contract().parametrize()\n"
        "def test_contract(): pass\n"
    )
    assert code in (USAGE, pytest.ExitCode.INTERRUPTED)
    assert "expected test_contract to take an argument 'case'" in text


def test_a_contract_that_cannot_be_read_is_said_at_collection(said):
    code, text = said(
        "import rasa_mock\n"
        "@rasa_mock.contract(domain='nowhere.yml').parametrize()\n"
        "def test_contract(case): case.check()\n"
    )
    assert code in (USAGE, pytest.ExitCode.INTERRUPTED)
    assert "nowhere.yml' does not exist" in text
