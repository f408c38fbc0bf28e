"""GET /docs: the page of the calls API, with Swagger UI served from beside it. A browser needs nothing but this API for
it, and is told to ask nobody else."""

from collections.abc import Mapping
from importlib import resources

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html

ASSETS: Mapping[str, str] = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
"""The files that the page loads, as the package fastapi-swagger ships them, and their types."""

_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
)

routes = APIRouter(include_in_schema=False)


@routes.get("/docs")
def page(request: Request) -> Response:
    """URLs are relative to /docs, so that they hold under any domain and base path."""
    html = get_swagger_ui_html(
        openapi_url="openapi.json",
        title=request.app.title,
        swagger_js_url="docs/swagger-ui-bundle.js",
        swagger_css_url="docs/swagger-ui.css",
        swagger_favicon_url="docs/favicon-32x32.png",
        # Swagger UI would have the document checked by a service of its makers.
        swagger_ui_parameters={"validatorUrl": None},
    )
    html.headers["content-security-policy"] = _POLICY
    return html


@routes.get("/docs/{name}")
def asset(name: str) -> Response:
    if name not in ASSETS:
        raise HTTPException(404)
    content = resources.files("fastapi_swagger").joinpath("resources", name).read_bytes()
    return Response(content, media_type=ASSETS[name], headers={"cache-control": "public, max-age=86400"})
