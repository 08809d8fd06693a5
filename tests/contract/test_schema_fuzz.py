"""Requests generated from the schema: no answer is a 500, and each is as declared."""

from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok

from shared.domain.image import ImageRow

_EXAMPLES = 12
#: What would take away what the other calls are tried on.
_LAST = ("delete_images", "delete_image", "delete_collection", "article_delete")

load_all_checks()
_CHECKS = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
    ]
)
_SCHEMA_CHECK = CHECKS.get_one("response_schema_conformance")
#: Its pairs are `prefixItems`, which Schemathesis 4.32 rewrites into a schema that it then refuses.
_UNREADABLE = "article_search"
#: A stream without an end, of which no whole answer comes.
_ENDLESS = "stream_events"


def _order(operation: Any) -> tuple[bool, str]:
    name = operation.definition.raw["operationId"]
    return name in _LAST, name


@pytest.mark.timeout(280)
def test_no_made_up_request_breaks_the_gateway(
    api: httpx.Client, stored: list[ImageRow], collection: str
) -> None:
    upload = api.post(
        f"/api/v2/collections/{collection}/images?wait=true",
        files={"files": Path(stored[0].uri.removeprefix("file://")).read_bytes()},
    )
    known = {"collection": collection, "image": stored[0].id, "job": upload.json()["id"]}
    schema = schemathesis.openapi.from_dict(api.get("/openapi.json").json())
    found = list(schema.get_all_operations())
    readable = [result.ok() for result in found if isinstance(result, Ok)]
    assert len(readable) == len(found)
    answered = [o for o in readable if o.definition.raw["operationId"] != _ENDLESS]
    operations = sorted(answered, key=_order)
    assert len(operations) > 35

    for operation in operations:
        _try(operation, known, str(api.base_url))


def _try(operation: Any, known: dict[str, str], base: str) -> None:
    """Call an operation a few times; half of them name what is there."""
    name = operation.definition.raw["operationId"]
    checks = _CHECKS if name == _UNREADABLE else [*_CHECKS, _SCHEMA_CHECK]

    @settings(
        max_examples=_EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), real=st.booleans())
    def call(case: Any, real: bool) -> None:
        if real:
            case.path_parameters.update(
                {name: known[name] for name in case.path_parameters if name in known}
            )
        case.call_and_validate(base_url=base, checks=checks, timeout=30)

    call()
