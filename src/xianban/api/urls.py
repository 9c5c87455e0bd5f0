"""The API: what it is called, which routes it has, how it says no."""

from typing import Any

from django.urls import path, re_path
from ninja import NinjaAPI

from xianban import __version__
from xianban.api.problems import SCHEMA, answer_with_problems, not_found
from xianban.api.receipts import router as receipts
from xianban.api.requests import router

DESCRIPTION = """Send requests to the city, and follow them.

Errors are `application/problem+json`. Times are ISO 8601 in UTC. Nothing here needs an account;
an address may send a limited number of requests a minute (429, with Retry-After)."""


class CityApi(NinjaAPI):
    """The API with its problem schema in the description."""

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        schema = super().get_openapi_schema(**kwargs)
        schema["components"].setdefault("schemas", {})["Problem"] = SCHEMA
        return schema


api = CityApi(
    title="Xianban",
    version=__version__,
    description=DESCRIPTION,
    urls_namespace="api-1",
    docs_url="/docs",
    openapi_url="/openapi.json",
)
api.add_router("/v1", router)
api.add_router("/v1", receipts)
answer_with_problems(api)

urlpatterns = [path("", api.urls), re_path(r".*", not_found)]
