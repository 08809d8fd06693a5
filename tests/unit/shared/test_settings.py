"""Settings: read from the environment, validated, frozen, and secrets not shown."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.settings import Settings


def test_every_setting_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOOKALIKE_IMAGE_ROOTS", f"{tmp_path}/a:{tmp_path}/b")
    monkeypatch.setenv("LOOKALIKE_API_KEYS", "one, two,")
    monkeypatch.setenv("LOOKALIKE_INDEX_PARAMS", '{"M": 32}')
    monkeypatch.setenv("LOOKALIKE_PORT", "9000")

    settings = Settings()

    assert settings.image_roots == (tmp_path / "a", tmp_path / "b")
    assert [key.get_secret_value() for key in settings.api_keys] == ["one", "two"]
    assert settings.index_params == {"M": 32}
    assert settings.port == 9000


def test_secrets_are_not_shown() -> None:
    settings = Settings(
        redis_url="redis://:hunter2@host/0", milvus_token="root:hunter2", api_keys=("hunter2",)
    )

    assert "hunter2" not in repr(settings)


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("name", "value"), [("pooling", "median"), ("port", "0"), ("default_collection", "1-x")]
)
def test_a_wrong_value_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"LOOKALIKE_{name.upper()}", value)

    with pytest.raises(ValidationError, match=name):
        Settings()


@pytest.mark.parametrize(
    ("name", "former"),
    [("max_pending_chunks", "chunks_ahead"), ("max_concurrent_scans", "scan_threads")],
)
def test_a_renamed_setting_is_read_by_its_former_name_too(
    monkeypatch: pytest.MonkeyPatch, name: str, former: str
) -> None:
    monkeypatch.setenv(f"LOOKALIKE_{former.upper()}", "7")
    assert getattr(Settings(), name) == 7

    monkeypatch.setenv(f"LOOKALIKE_{name.upper()}", "5")
    assert getattr(Settings(), name) == 5
    assert getattr(Settings.model_validate({name: 3}), name) == 3


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1  # type: ignore[misc]  # that it is refused is what is tested
