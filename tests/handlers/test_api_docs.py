"""The API's page as a browser without a network would load it."""

from html.parser import HTMLParser

import pytest

from handlers.api_docs import ASSETS
from tests.handlers.api_desk import Desk, FakeTwilio, refusal
from tests.handlers.desk import House


class Loaded(HTMLParser):
    """Everything that the page makes a browser load."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.urls += [value or "" for name, value in attrs if name in ("src", "href", "action")]


@pytest.fixture
def desk() -> Desk:
    return Desk(House(), FakeTwilio())


async def test_the_page_loads_nothing_but_its_own_assets(desk: Desk) -> None:
    page = await desk.ask("GET", "/docs", key="")
    loaded = Loaded()
    loaded.feed(page.text)
    assert sorted(loaded.urls) == sorted(f"docs/{name}" for name in ASSETS)
    assert "://" not in page.text
    assert "url: 'openapi.json'" in page.text
    assert '"validatorUrl": null' in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'self';")


@pytest.mark.parametrize(("name", "begins"), [("swagger-ui.css", b"."), ("favicon-32x32.png", b"\x89PNG")])
async def test_its_assets_are_served(desk: Desk, name: str, begins: bytes) -> None:
    asset = await desk.ask("GET", f"/docs/{name}", key="")
    assert (asset.status_code, asset.headers["content-type"].split(";")[0]) == (200, ASSETS[name])
    assert asset.content.startswith(begins)


async def test_its_script_reads_the_version_of_openapi_that_we_write(desk: Desk) -> None:
    script = (await desk.ask("GET", "/docs/swagger-ui-bundle.js", key="")).text
    document = (await desk.ask("GET", "/openapi.json", key="")).json()
    assert document["openapi"].startswith("3.1.")
    assert "SwaggerUIBundle" in script
    assert "openapi-3-1" in script or "OpenAPI31" in script
    assert not [path for path in document["paths"] if path.startswith("/docs")]


async def test_no_other_file_is_served(desk: Desk) -> None:
    assert refusal(await desk.ask("GET", "/docs/__init__.py", key=""))[0] == 404
    assert refusal(await desk.ask("GET", "/docs/..%2Fmain.py", key=""))[0] == 404
