"""Which form of an answer a request asks for (RFC 9110, section 12.5.1)."""

from collections.abc import Sequence


def prefers_csv(accept: str) -> bool:
    """Whether an Accept header asks for text/csv rather than for JSON."""
    weights = {"text/csv": 0.0, "application/json": 0.0}
    for part in accept.lower().split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        if media_type in weights:
            weights[media_type] = _quality(parameters)
    return weights["text/csv"] > weights["application/json"]


def _quality(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
