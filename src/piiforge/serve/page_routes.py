"""The page at `/` and the list of routes at `/docs`: plain files, nothing from the network."""

import json
from functools import cache
from importlib.resources import files
from typing import cast

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from piiforge import page
from piiforge.serve import refusing
from piiforge.serve.describing import Node, operations

routes = APIRouter(include_in_schema=False)


@routes.get("/")
async def index() -> Response:
    """Give the page to try a line on."""
    return HTMLResponse(_file("page.html"))


@routes.get("/page.js")
async def script() -> Response:
    """Give its script."""
    return Response(_file("page.js"), media_type="text/javascript; charset=utf-8")


@routes.get("/page.css")
async def own_style() -> Response:
    """Give its style."""
    return Response(_file("page.css"), media_type="text/css; charset=utf-8")


@routes.get("/style.css")
async def style() -> Response:
    """Give the style that all pages of the product share."""
    return Response(page.style(), media_type="text/css; charset=utf-8")


@routes.get("/docs")
async def docs(request: Request) -> Response:
    """List the routes."""
    document = request.app.openapi()
    return HTMLResponse(
        _environment()
        .get_template("docs.html")
        .render(
            title=document["info"]["title"],
            version=document["info"]["version"],
            description=document["info"]["description"],
            operations=list(operations(document)),
            refusals={status: said["description"] for status, said in refusing.RESPONSES.items()},
            example_of=lambda operation: _example_of(operation, document),
        )
    )


def _example_of(operation: Node, document: Node) -> tuple[str, str] | None:
    """Return what is sent to an operation and what it answers, as JSON; None without a body."""
    if "requestBody" not in operation:
        return None
    shape = _at(operation, "requestBody", "content", "application/json", "schema", "$ref")
    asked = _at(document, "components", "schemas", str(shape).rpartition("/")[2], "example")
    told = _at(operation, "responses", "200", "content", "application/json", "example")
    return json.dumps(asked, indent=2), json.dumps(told, indent=2)


def _at(node: object, *names: str) -> object:
    for name in names:
        node = cast("Node", node)[name]
    return node


@cache
def _file(name: str) -> str:
    return files("piiforge.serve").joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("piiforge.serve", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
