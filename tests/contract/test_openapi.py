"""The schema that client generators read."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

from gateway.app import create_app
from shared.settings import Settings

METHODS = {"get", "post", "put", "patch", "delete", "head", "options"}
#: Calls that have no body, no parameter and no store: there is nothing to get wrong but the key.
HARMLESS = {"get_liveness"}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return create_app(Settings(image_roots=(), data_dir=Path("var"))).openapi()


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS
            yield path, method, operation


def test_every_call_of_the_contract_is_there(schema: dict[str, Any]) -> None:
    found = {f"{method.upper()} {path}" for path, method, _ in operations(schema)}

    collection, job = "/api/v2/collections/{collection}", "/api/v2/jobs/{job}"
    image = f"{collection}/images/{{image}}"
    assert found == {
        *("GET /api/v2/collections", "POST /api/v2/collections"),
        *(f"{method} {collection}" for method in ("GET", "PATCH", "DELETE")),
        f"POST {collection}/jobs",
        *(f"{method} {collection}/exports" for method in ("GET", "POST")),
        *(f"{method} {collection}/exports/{{export}}" for method in ("GET", "DELETE")),
        f"GET {collection}/exports/{{export}}/parts/{{part}}",
        *(f"POST {collection}/images", f"GET {collection}/images", f"DELETE {collection}/images"),
        *("GET /api/v2/jobs", f"GET {job}", f"GET {job}/events", f"GET {job}/failures"),
        f"GET {job}/duplicates",
        *(f"POST {job}/{call}" for call in ("cancel", "pause", "resume", "retry")),
        *(f"{method} {image}" for method in ("GET", "PATCH", "DELETE")),
        *(f"GET {image}/{call}" for call in ("content", "thumbnail", "similar")),
        *(f"POST {collection}/search", f"POST {collection}/search/vector"),
        *(f"POST {collection}/query", f"POST {collection}/query/batch"),
        *(f"{method} {collection}/calibration" for method in ("GET", "POST")),
        *(f"{method} {collection}/reencode" for method in ("GET", "POST", "DELETE")),
        *(f"POST {collection}/count", f"POST {collection}/images/tags"),
        f"GET {collection}/facets",
        *(f"{method} {collection}/sources" for method in ("GET", "POST")),
        *(f"{method} {collection}/sources/{{source}}" for method in ("GET", "PATCH", "DELETE")),
        f"POST {collection}/sources/{{source}}/jobs",
        *(f"{method} {collection}/duplicates" for method in ("GET", "POST")),
        *(f"POST {collection}/duplicates/{{group}}/{call}" for call in ("dismiss", "resolve")),
        "GET /api/v2/events",
        *(f"{method} /api/v2/webhooks" for method in ("GET", "POST")),
        *(f"{method} /api/v2/webhooks/{{webhook}}" for method in ("GET", "DELETE")),
        *("GET /api/v2/system", "GET /api/v2/folders"),
        *("GET /api/v2/keys", "POST /api/v2/keys", "DELETE /api/v2/keys/{key}"),
        *("POST /api/v2/session", "DELETE /api/v2/session"),
        *("GET /health/live", "GET /health/ready", "GET /metrics"),
        *(f"POST /api/v1/{call}" for call in ("train", "count", "search", "delete")),
        *("GET /api/v1/process", "GET /data/{image}.{ext}"),
    }


def test_every_call_is_described(schema: dict[str, Any]) -> None:
    names = []
    for path, method, operation in operations(schema):
        where = f"{method} {path}"
        names.append(operation["operationId"])
        assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", operation["operationId"]), where
        assert operation["summary"], where
        assert operation["description"], where
        assert len(operation["tags"]) == 1, where
    assert len(names) == len(set(names))
    assert "search_images" in names


def test_every_call_declares_its_errors_as_problems(schema: dict[str, Any]) -> None:
    for path, method, operation in operations(schema):
        where = f"{method} {path}"
        statuses = set(operation["responses"])
        errors = {s for s in statuses if s >= "400"}
        if operation["operationId"] not in HARMLESS:
            assert errors, where
        if operation.get("parameters") or "requestBody" in operation:
            assert "422" in statuses, where
        if "requestBody" in operation:
            assert {"400", "413"} <= statuses, where
        if method != "get":
            assert "403" in statuses, where
        if path.startswith("/api/v2/") and "{" in path:
            assert {"401", "404", "503"} <= statuses or method == "post", where
        for status in errors:
            content = operation["responses"][status]["content"]
            if operation["operationId"] == "get_readiness":
                continue
            assert list(content) == ["application/problem+json"], where
            reference = content["application/problem+json"]["schema"]["$ref"]
            assert reference == "#/components/schemas/Problem"
            if status in ("429", "503", "504"):
                assert "Retry-After" in operation["responses"][status]["headers"], where


def test_every_success_has_an_example(schema: dict[str, Any]) -> None:
    def has_example(node: dict[str, Any]) -> bool:
        if "example" in node or "examples" in node:
            return True
        if "$ref" in node:
            return has_example(resolve(schema, node["$ref"]))
        properties = node.get("properties", {})
        if "items" in properties:
            return has_example(properties["items"]["items"])
        return bool(properties) and all(
            has_example(p) or "$ref" not in p for p in properties.values()
        )

    for path, method, operation in operations(schema):
        for status, response in operation["responses"].items():
            for media_type, content in response.get("content", {}).items():
                if status < "300" and not media_type.startswith("image/"):
                    assert "example" in content or has_example(content["schema"]), (
                        f"{method} {path} {media_type}"
                    )


def test_files_are_binary(schema: dict[str, Any]) -> None:
    def fields(path: str) -> dict[str, Any]:
        body = schema["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]
        node = body["schema"]
        properties: dict[str, Any] = (resolve(schema, node["$ref"]) if "$ref" in node else node)[
            "properties"
        ]
        return properties

    files = fields("/api/v2/collections/{collection}/images")["files"]
    assert files["type"] == "array"
    assert (files["items"]["type"], files["items"]["format"]) == ("string", "binary")
    for path in ("/api/v2/collections/{collection}/search", "/api/v1/search"):
        assert fields(path)["file"]["format"] == "binary"


def test_all_references_lead_somewhere_and_nothing_is_left_over(schema: dict[str, Any]) -> None:
    references = set(re.findall(r'"\$ref": "(#[^"]+)"', json.dumps(schema)))

    for reference in references:
        assert resolve(schema, reference)
    unused = {
        name
        for name in schema["components"]["schemas"]
        if f"#/components/schemas/{name}" not in references
    }
    assert unused == set()
    # Names that a generator can use as they are.
    assert all(re.fullmatch(r"[A-Za-z_]+", name) for name in schema["components"]["schemas"])


def test_every_component_is_valid_json_schema(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.1")
    assert "itemSchema" not in json.dumps(schema)
    for name in schema["components"]["schemas"]:
        whole = {"$ref": f"#/components/schemas/{name}", "components": schema["components"]}
        jsonschema_rs.Draft202012Validator(whole)


def test_examples_fit_their_schemas(schema: dict[str, Any]) -> None:
    for name, component in schema["components"]["schemas"].items():
        if "example" in component:
            whole = {"$ref": f"#/components/schemas/{name}", "components": schema["components"]}
            errors = list(
                jsonschema_rs.Draft202012Validator(whole).iter_errors(component["example"])
            )
            assert not errors, (name, errors)


def test_the_served_schema_is_the_printed_one(api: httpx.Client) -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "gateway.export_openapi"],
        capture_output=True,
        check=True,
        timeout=60,
    )

    assert json.loads(printed.stdout) == api.get("/openapi.json").json()


def resolve(schema: dict[str, Any], reference: str) -> dict[str, Any]:
    node: Any = schema
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    found: dict[str, Any] = node
    return found
