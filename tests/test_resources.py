"""Where the data files lie, in a checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from rasa_mock import resources
from rasa_mock.errors import UsageError


def test_the_profiles_are_the_folders_of_schemas(root: Path):
    assert resources.profiles() == ("rasa-2.8", "rasa-3.6", "rasa-pro-3.21")
    assert resources.schema_folder() == root / "schemas" / "rasa-3.6"
    assert resources.fixture_folder() == root / "fixtures"


def test_an_unknown_profile_names_the_nearest():
    with pytest.raises(UsageError) as caught:
        resources.schema_folder("rasa3.6")
    assert str(caught.value) == (
        "unknown profile 'rasa3.6', expected one of rasa-2.8, rasa-3.6, rasa-pro-3.21; "
        "did you mean 'rasa-3.6'?"
    )


def test_a_profile_is_no_path():
    with pytest.raises(UsageError, match=r"unknown profile '\.\./rasa-3\.6'"):
        resources.schema_folder("../rasa-3.6")


def test_data_that_is_not_installed_is_said_to_be_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "rasa_mock")
    with pytest.raises(UsageError, match="the folder 'schemas' is not installed"):
        resources.schema_folder()
    (tmp_path / "rasa_mock" / "_data" / "schemas" / "rasa-3.6").mkdir(parents=True)
    assert resources.profiles() == ("rasa-3.6",)
