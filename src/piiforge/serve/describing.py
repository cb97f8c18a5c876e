"""The OpenAPI document: what the framework derives, with this server's own bounds and its lock."""

from collections.abc import Iterator
from typing import cast

from fastapi import FastAPI

from piiforge.serve.gate import OPEN
from piiforge.serve.settings import Settings

Node = dict[str, object]


def describe(app: FastAPI, settings: Settings) -> None:
    """Have `app` give a document that says the bounds and, with a token, who is asked for it."""
    derived = app.openapi

    def document() -> Node:
        if app.openapi_schema is None:
            app.openapi_schema = derived()
            _bound(app.openapi_schema, settings)
            if settings.token:
                _lock(app.openapi_schema)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # the framework's documented way


def paths(app: FastAPI) -> list[str]:
    """Return the paths that the application answers."""
    return [*OPEN, *cast("dict[str, object]", app.openapi()["paths"])]


def operations(document: Node) -> Iterator[tuple[str, str, Node]]:
    """Yield (method, path, operation) of a document."""
    for path, methods in cast("dict[str, dict[str, Node]]", document["paths"]).items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _bound(document: Node, settings: Settings) -> None:
    shapes = cast("dict[str, Node]", cast("Node", document["components"])["schemas"])

    def field(shape: str, name: str) -> Node:
        return cast("dict[str, Node]", shapes[shape]["properties"])[name]

    field("Question", "content")["maxLength"] = settings.most_characters
    field("Questions", "questions")["maxItems"] = settings.most_contents
    one, several = cast("list[Node]", field("Analyze", "text")["anyOf"])
    one["maxLength"] = settings.most_characters
    several["maxItems"] = settings.most_contents
    cast("Node", several["items"])["maxLength"] = settings.most_characters


def _lock(document: Node) -> None:
    components = cast("Node", document["components"])
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for _, path, operation in operations(document):
        if path not in OPEN:
            operation["security"] = [{"token": []}]
