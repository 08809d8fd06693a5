"""Secrets from files and variables, and the addresses built of them."""

from pathlib import Path

import pytest
from pydantic_settings import SettingsError
from redis.connection import parse_url

from shared.settings import Settings


def secret(folder: Path, text: str) -> str:
    path = folder / "secret"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("name", ["redis_url", "redis_password", "milvus_token", "milvus_password"])
def test_a_secret_may_lie_in_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setenv(f"LOOKALIKE_{name.upper()}_FILE", secret(tmp_path, "redis://of-the-file\n"))
    assert getattr(Settings(), name).get_secret_value() == "redis://of-the-file"


def test_api_keys_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOOKALIKE_API_KEYS_FILE", secret(tmp_path, "one, two\n"))
    assert [key.get_secret_value() for key in Settings().api_keys] == ["one", "two"]


def test_the_variable_goes_first_and_an_empty_one_does_not_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOOKALIKE_REDIS_PASSWORD_FILE", secret(tmp_path, "file"))
    monkeypatch.setenv("LOOKALIKE_REDIS_PASSWORD", "variable")
    assert Settings().redis_password.get_secret_value() == "variable"
    monkeypatch.setenv("LOOKALIKE_REDIS_PASSWORD", "")
    assert Settings().redis_password.get_secret_value() == "file"


def test_an_empty_file_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKALIKE_REDIS_URL_FILE", "/dev/null")
    assert Settings().redis_url.get_secret_value() == "redis://127.0.0.1:6379/0"


def test_a_file_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOOKALIKE_MILVUS_TOKEN_FILE", str(tmp_path / "none"))
    with pytest.raises(SettingsError, match=r"LOOKALIKE_MILVUS_TOKEN_FILE: .*none"):
        Settings()


def test_what_is_no_secret_comes_from_no_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOOKALIKE_PORT_FILE", secret(tmp_path, "9000"))
    assert Settings().port == 8000


@pytest.mark.parametrize("password", ["plain", 'any/char@:#"ctér $x%'])
def test_redis_s_password_is_put_into_its_url(password: str) -> None:
    settings = Settings(redis_url="redis://redis:6379/3", redis_password=password)
    found = parse_url(settings.redis_address)  # type: ignore[no-untyped-call]  # redis has no types here
    assert (found["host"], found["port"], found["db"]) == ("redis", 6379, 3)
    assert found["password"] == password
    assert Settings(redis_url="redis://:old@redis/3").redis_address == "redis://:old@redis/3"


def test_milvus_s_token_is_made_of_its_password() -> None:
    assert Settings().milvus_credentials == ""
    assert Settings(milvus_password="p").milvus_credentials == "root:p"
    assert Settings(milvus_token="u:t", milvus_password="p").milvus_credentials == "u:t"


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKALIKE_BATCH_SIZE", "")
    monkeypatch.setenv("LOOKALIKE_INDEX_PARAMS", "")
    assert (Settings().batch_size, Settings().index_params) == (0, {})
