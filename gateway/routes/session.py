"""Signing a browser in: its requests for pictures can carry a cookie, but no API key."""

from fastapi import APIRouter, Request, Response

from gateway.dependencies import KeyRingDep
from gateway.http.problems import problem_responses
from gateway.http.security import SESSION_COOKIE, SESSION_SECONDS
from gateway.schemas.system import SessionInput
from shared.errors import Unauthorized

router = APIRouter(prefix="/api/v2/session", tags=["system"])


@router.post(
    "",
    status_code=204,
    summary="Sign in",
    response_description="Signed in; the cookie holds for 30 days, and as long as its key.",
    responses=problem_responses(400, 403, 413, 422, 503),
)
async def create_session(
    body: SessionInput, request: Request, response: Response, key_ring: KeyRingDep
) -> None:
    """Exchange an API key for a cookie that scripts cannot read."""
    token = await key_ring.open_session(body.api_key.get_secret_value())
    if token is None:
        raise Unauthorized("unauthorized", "This API key is not known.")
    if not token:
        return
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


@router.delete(
    "",
    status_code=204,
    summary="Sign out",
    response_description="Signed out.",
    responses=problem_responses(403),
)
async def delete_session(response: Response) -> None:
    """Delete the cookie. The key itself stays valid."""
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")
