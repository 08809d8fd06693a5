"""Secrets read from files: `LOOKALIKE_REDIS_PASSWORD_FILE=/run/secrets/redis_password`."""

import os
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource, SettingsError


class SecretFiles(PydanticBaseSettingsSource):
    """For each setting that holds a secret, the file that `<name of its variable>_FILE` names.

    White space around the secret is dropped; an empty file counts as none. The variable itself
    goes first where both are given. Raises SettingsError when a file cannot be read.
    """

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        value = self._read(field_name) if _mentions_secret(field.annotation) else None
        return value, field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in found.items() if value}

    def _read(self, field_name: str) -> str | None:
        variable = f"{self.config.get('env_prefix', '')}{field_name}_file".upper()
        path = os.environ.get(variable)
        if not path:
            return None
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{variable}: {path} cannot be read: {error}") from error


def _mentions_secret(annotation: Any) -> bool:
    """Whether a setting's type is SecretStr or a collection of them."""
    return annotation is SecretStr or any(map(_mentions_secret, get_args(annotation)))
