"""How settings are read from the text of an environment variable: lists, paths, former names."""

import os
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, AliasChoices, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

PREFIX = "LOOKALIKE_"


def renamed(name: str, former: str) -> AliasChoices:
    """The variables of a renamed setting: its own, and for one more release the former one."""
    return AliasChoices(f"{PREFIX}{name}", f"{PREFIX}{former}")


def _split_commas(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(part for part in map(str.strip, value.split(",")) if part)
    return value


def _split_paths(value: Any) -> Any:
    return tuple(filter(None, value.split(os.pathsep))) if isinstance(value, str) else value


def _resolve(path: Path) -> Path:
    return path.expanduser().resolve()


ResolvedPath = Annotated[Path, AfterValidator(_resolve)]
CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_commas)]
SecretList = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split_commas)]
NetworkList = Annotated[
    tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_split_commas)
]
PathList = Annotated[tuple[ResolvedPath, ...], NoDecode, BeforeValidator(_split_paths)]
