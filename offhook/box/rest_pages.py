"""Pages of a list, in the two shapes that Twilio's APIs give them in (twilio.com/docs/usage/twilios-response)."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

MAX_PAGE_SIZE = 1000


def legacy(request: Request, key: str, found: Sequence[dict[str, object]]) -> Response:
    """A page of a list as the 2010 API gives it."""
    page, size = _page(request)
    path = request.url.path
    start = page * size
    more = start + size < len(found)
    return JSONResponse(
        {
            key: found[start : start + size],
            "page": page,
            "page_size": size,
            "start": start,
            "end": max(start, min(start + size, len(found)) - 1),
            "uri": f"{path}?Page={page}&PageSize={size}",
            "first_page_uri": f"{path}?Page=0&PageSize={size}",
            "next_page_uri": f"{path}?Page={page + 1}&PageSize={size}" if more else None,
            "previous_page_uri": f"{path}?Page={page - 1}&PageSize={size}" if page else None,
        }
    )


def with_meta(request: Request, key: str, found: Sequence[dict[str, object]]) -> Response:
    """A page of a list as the newer APIs give it."""
    page, size = _page(request)
    base = str(request.base_url).rstrip("/") + request.url.path
    more = (page + 1) * size < len(found)
    return JSONResponse(
        {
            key: found[page * size : (page + 1) * size],
            "meta": {
                "key": key,
                "page": page,
                "page_size": size,
                "url": f"{base}?Page={page}&PageSize={size}",
                "first_page_url": f"{base}?Page=0&PageSize={size}",
                "next_page_url": f"{base}?Page={page + 1}&PageSize={size}" if more else None,
                "previous_page_url": f"{base}?Page={page - 1}&PageSize={size}" if page else None,
            },
        }
    )


def _page(request: Request) -> tuple[int, int]:
    """Page number and size; anything else than a number is the default."""
    page, size = request.query_params.get("Page", "0"), request.query_params.get("PageSize", "50")
    number = int(page) if page.isdecimal() else 0
    return number, min(max(int(size), 1), MAX_PAGE_SIZE) if size.isdecimal() else 50
