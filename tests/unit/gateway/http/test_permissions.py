"""Every operation says what it needs, and is refused to a key that has it not."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from gateway.app import create_app
from gateway.http.operations import GUARDED
from gateway.http.permissions import RULES, Place, Rule
from shared.domain.api_key import Action
from shared.settings import Settings
from tests.keyed import ADMINISTRATOR, FOREIGN_JOB, IMAGE, JOB, KeyedApp, LetIn, let_in

DOCUMENT = create_app(Settings(image_roots=(), data_dir=Path("var"))).openapi()
OPERATIONS = {
    operation["operationId"]: (method.upper(), path)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
ACTIONS: tuple[Action, ...] = ("read", "write", "delete", "admin")

_PICTURE = {"files": {"file": b"picture"}}
_SOURCE = {"source": {"kind": "directory", "path": "/photos"}}
#: What an operation with a body is sent.
BODIES: dict[str, dict[str, Any]] = {
    "create_collection": {"json": {"name": "photos"}},
    "create_job": {"json": _SOURCE},
    "upload_images": {"files": {"files": b"picture"}},
    "create_source": {"json": _SOURCE},
    "update_source": {"json": {"paused": True}},
    "update_image": {"json": {"tags": []}},
    "tag_images": {"json": {"filter": {}, "add": ["a"]}},
    "delete_images": {"params": {"tag": "a"}},
    "search_images": _PICTURE,
    "search_by_vector": {"json": {"vector": [1.0] * 512}},
    "query_images": {"json": {"positive": [{"image": IMAGE}]}},
    "query_images_in_batch": {"json": {"queries": [{}]}},
    "count_images": {"json": {}},
    "resolve_duplicates": {"json": {"keep": [IMAGE]}},
    "start_reencoding": {"json": {"pooling": "rmac"}},
    "update_collection": {"json": {"description": "Of the summer."}},
    "create_webhook": {
        "json": {"url": "https://93.184.216.34/", "events": ["job.finished"], "secret": "s" * 16}
    },
    "create_key": {"json": {"name": "a", "actions": ["read"], "collections": ["*"]}},
    "article_train": {"json": {"File": "/photos"}},
    "article_search": _PICTURE,
}
#: What takes a body, and does without.
WITHOUT_BODY = {"find_duplicates", "create_export", "article_count", "article_delete"}
GUARDED_OPERATIONS = [name for name in OPERATIONS if RULES[name].place is not Place.OPEN]


def call(app: KeyedApp, name: str, key: str | None) -> Any:
    """Send what an operation takes, for the collection `photos`."""
    method, path = OPERATIONS[name]
    if "requestBody" in DOCUMENT["paths"][path][method.lower()] and name not in BODIES:
        assert name in WITHOUT_BODY, "say its body above"
    parameters = {"collection": "photos", "job": JOB, "ext": "jpg"}
    path = re.sub(r"{(\w+)}", lambda found: parameters.get(found[1], IMAGE), path)
    return app.call(method, path, key, **BODIES.get(name, {}))


def test_each_operation_has_a_rule_and_each_rule_an_operation() -> None:
    assert RULES.keys() == OPERATIONS.keys(), "say in gateway/http/permissions.py what it needs"


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_rule_fits_its_path(name: str) -> None:
    _, path = OPERATIONS[name]
    place = RULES[name].place
    assert ("{collection}" in path) == (place is Place.PATH)
    assert ("{job}" in path) == (place is Place.JOB)
    assert path.startswith(GUARDED) or place is Place.OPEN


def test_no_route_is_outside_of_the_document_but_its_heads() -> None:
    app = create_app(Settings(image_roots=(), data_dir=Path("var")))
    routes = [r for r in iter_route_contexts(app.routes) if str(r.path_format).startswith(GUARDED)]
    assert {route.name for route in routes} <= set(OPERATIONS)
    assert len(routes) > len(RULES) - 4


@pytest.fixture
def app(base_settings: Settings) -> KeyedApp:
    return KeyedApp(base_settings)


@pytest.mark.parametrize("name", GUARDED_OPERATIONS)
def test_an_operation_takes_its_action_in_its_collection(app: KeyedApp, name: str) -> None:
    rule: Rule = RULES[name]
    assert call(app, name, None).status_code == 401
    for action in ACTIONS:
        fits = action in (rule.action, "admin")
        everywhere = let_in(call(app, name, app.key(action, collections=("*",))))
        here = let_in(call(app, name, app.key(action, collections=("phot*",))))
        elsewhere = let_in(call(app, name, app.key(action, collections=("private", "photo"))))
        assert everywhere == fits
        assert here == (fits and rule.place is not Place.SERVER)
        assert elsewhere == (fits and rule.place is Place.LISTED)
    assert let_in(call(app, name, ADMINISTRATOR))


def test_where_no_key_is_in_force_all_is_open(base_settings: Settings) -> None:
    app = KeyedApp(base_settings, administrators=())
    for name in GUARDED_OPERATIONS:
        reply = call(app, name, None)
        if name == "create_key":
            assert (reply.status_code, reply.json()["code"]) == (409, "no_administrator")
        else:
            assert let_in(reply), name


def test_an_operation_without_a_rule_is_for_administrators(
    app: KeyedApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(RULES, "list_images")
    assert call(app, "list_images", app.key("read", "write", "delete")).status_code == 403
    assert let_in(call(app, "list_images", ADMINISTRATOR))


@pytest.mark.parametrize("name", [name for name in RULES if RULES[name].place is Place.JOB])
def test_a_job_is_its_collections(app: KeyedApp, name: str) -> None:
    method, path = OPERATIONS[name]
    key = app.key("admin", collections=("photos",))
    foreign = app.call(method, path.format(job=FOREIGN_JOB), key)
    assert (foreign.status_code, foreign.json()["code"]) == (403, "not_allowed")
    for unknown in ("d" * 32, f"{JOB}:chunks", "x"):
        reply = app.call(method, path.format(job=unknown), key)
        assert (reply.status_code, reply.json()["code"]) == (404, "job_not_found")


@pytest.mark.parametrize(
    ("name", "path", "body"),
    [
        ("POST", "/api/v2/collections/photos/jobs", {**_SOURCE, "sync": True}),
        ("POST", "/api/v2/collections/photos/sources", {**_SOURCE, "sync": True}),
        ("PATCH", f"/api/v2/collections/photos/sources/{IMAGE}", {"sync": True}),
    ],
)
def test_sync_takes_the_permission_to_delete(
    app: KeyedApp, name: str, path: str, body: dict[str, Any]
) -> None:
    assert app.call(name, path, app.key("write"), json=body).status_code == 403
    assert let_in(app.call(name, path, app.key("write", "delete"), json=body))


class _SyncingSource:
    """Every source is one that forgets images whose file is gone."""

    def get(self, *_: str) -> Any:
        return SimpleNamespace(source=SimpleNamespace(sync=True))

    def change(self, *_: Any) -> Any:
        raise LetIn("let_in", "Changed.")

    def run(self, *_: str) -> Any:
        raise LetIn("let_in", "Run.")


@pytest.mark.parametrize(
    ("method", "part", "body", "harmless"),
    [
        ("POST", "/jobs", None, False),
        ("PATCH", "", {"paused": False}, False),
        ("PATCH", "", {"cron": "* * * * *"}, False),
        ("PATCH", "", {"paused": True, "watch": True}, False),
        ("PATCH", "", {"paused": False, "sync": True}, False),
        ("PATCH", "", {"paused": True}, True),
        ("PATCH", "", {"sync": False, "cron": "* * * * *"}, True),
    ],
)
def test_standing_source_with_sync(
    app: KeyedApp, method: str, part: str, body: dict[str, Any] | None, harmless: bool
) -> None:
    app.app.state.services.standing_sources = _SyncingSource()
    path = f"/api/v2/collections/photos/sources/{IMAGE}{part}"
    assert let_in(app.call(method, path, app.key("write"), json=body)) is harmless
    assert let_in(app.call(method, path, app.key("write", "delete"), json=body))
