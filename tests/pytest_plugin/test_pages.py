"""Every file that the pages about the plugin show is run, as it stands."""

from __future__ import annotations

import re

import pytest

from rasa_mock.testing.options import OPTIONS

PAGES = ("pytest.md", "recipes.md")
FILE = re.compile(r"^`([\w./-]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```(\w+)\n", re.MULTILINE)
# What is shown and is no file: a command, a listing, a part of a file.
SHOWN = ("sh", "text", "toml")


@pytest.fixture
def page(root, request):
    return (root / "docs" / request.param).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, indirect=True)
def test_the_project_of_a_page_is_green(page, pytester, imported):
    files = FILE.findall(page)
    for name, text in files:
        path = pytester.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    tests = [name for name, _ in files if name.startswith("tests/")]
    assert len(tests) >= 4
    options = ("-p", "no:cacheprovider", "-W", "error::pytest.PytestWarning")
    scope = ("-o", "asyncio_default_fixture_loop_scope=function")
    result = pytester.runpytest_inprocess(*options, *scope)
    assert result.ret == pytest.ExitCode.OK
    assert set(result.parseoutcomes()) == {"passed"}
    for name in tests:
        result.stdout.fnmatch_lines([f"{name} *"])


@pytest.mark.parametrize("page", PAGES, indirect=True)
def test_every_block_of_a_page_is_a_file_or_a_command(page):
    kinds = [kind for kind in BLOCK.findall(page) if kind not in SHOWN]
    assert len(kinds) == len(FILE.findall(page))


@pytest.mark.parametrize("page", PAGES, indirect=True)
def test_every_option_of_a_page_exists(page):
    named = set(re.findall(r"--rasa-[\w-]+", page))
    assert named - {option.flag for option in OPTIONS} == set()


def test_the_page_names_every_option(root):
    page = (root / "docs" / "pytest.md").read_text(encoding="utf-8")
    covering = {option.flag for option in OPTIONS if option.name.startswith("cov-")}
    missing = {option.flag for option in OPTIONS if option.flag not in page}
    assert missing <= covering
