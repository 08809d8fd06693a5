"""API keys: list them, create and revoke one."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import AfterValidator

from gateway.dependencies import AccessDep, ApiKeysDep, UrlsDep
from gateway.http.problems import problem_responses
from gateway.schemas.fields import EXAMPLE_ID, HEX_ID, well_formed
from gateway.schemas.keys import CreatedKey, Key, KeyInput, KeyList
from gateway.services.api_keys import KeyWishes
from shared.errors import Conflict
from shared.ledger import key_not_found

router = APIRouter(prefix="/api/v2/keys", tags=["system"])

KeyPath = Annotated[
    Annotated[str, HEX_ID, AfterValidator(well_formed(key_not_found))],
    Path(description="A key's id.", examples=[EXAMPLE_ID]),
]


@router.get("", summary="List the keys", responses=problem_responses(503))
def list_keys(keys: ApiKeysDep) -> KeyList:
    """All stored keys, with their last use. Those of `LOOKALIKE_API_KEYS` are not among them."""
    now = keys.now()
    return KeyList(items=[Key.of(key, used, now) for key, used in keys.list()], next_cursor=None)


@router.post(
    "",
    status_code=201,
    summary="Create a key",
    response_description="The key, whose `key` is shown this once; `Location` is its address.",
    responses=problem_responses(400, 403, 409, 413, 422, 503),
)
def create_key(
    body: KeyInput, response: Response, keys: ApiKeysDep, access: AccessDep, urls: UrlsDep
) -> CreatedKey:
    """Create a key that may do some things with some collections.

    It takes an administrator: a key of `LOOKALIKE_API_KEYS`, or a stored one with the action
    `admin` for the collections `*`. Where there is none yet: 409 `no_administrator`.
    """
    if access.principal.kind == "anybody":
        raise Conflict(
            "no_administrator",
            "Nobody administers this server, so that everything is open. Start it with a key in "
            "LOOKALIKE_API_KEYS, and create further ones with that.",
        )
    wishes = KeyWishes(
        name=body.name,
        actions=tuple(dict.fromkeys(body.actions)),
        collections=tuple(dict.fromkeys(body.collections)),
        expires_at=None if body.expires_at is None else body.expires_at.timestamp(),
        rate_per_minute=body.rate_per_minute,
    )
    key, text = keys.create(wishes, access.principal.name)
    response.headers["Location"] = urls.key(key.id)
    response.headers["Cache-Control"] = "no-store"
    return CreatedKey.of(key, text, keys.now())


@router.delete(
    "/{key}",
    status_code=204,
    summary="Revoke a key",
    response_description="It opens nothing any more.",
    responses=problem_responses(403, 404, 409, 422, 503),
)
def delete_key(key: KeyPath, keys: ApiKeysDep) -> None:
    """Delete a key for good, with the sessions that it opened.

    Other gateways refuse it a second later. Addresses of pictures that were signed for it are good
    until they end, in six hours at most. Where `LOOKALIKE_API_KEYS` is empty the last key stays,
    as everything would be open without it: 409 `last_key`.
    """
    keys.revoke(key)
