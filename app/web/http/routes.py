"""The one class of routes: what handlers need not know about HTTP is written here, once.

A handler gets a request whose options were checked. It returns a representation or a reply, or raises an error of the
project, to which ``forms`` gives the form of its protocol. Here conditions and ranges are applied, and what may be kept
is kept.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Protocol

from fastapi.routing import APIRoute
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response

from app.artifact.options import check_option_names
from app.errors import InvalidOption
from app.text import quote
from app.web.http.hot import HotRepresentations
from app.web.http.representation import Reply, Representation, negotiate

METHOD_ASKED = "app.method_asked"
"""In a scope: the method before a HEAD was made a GET."""


class _Ending(Convertor[str]):
    """The ending of a path in a route: ``{format:ending}``.

    It holds no dot and is short: where anything may stand on both sides of a dot, matching a path of many dots would
    take as many steps as their number squared.
    """

    regex = "[^/.]{1,24}"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


def register_endings() -> None:
    """Let routes have endings."""
    register_url_convertor("ending", _Ending())


class Asked(Request):
    """A request with its query read.

    Attributes:
        options: The query, each option once, all of them known to the route. Empty on routes that read their own.
    """

    options: Mapping[str, str]


class Handler(Protocol):
    """The function behind a route: it gets the request, if it asks for it, and the path's parameters by name."""

    def __call__(self, *request: Asked, **parameters: str) -> Awaitable[Representation | Reply]:
        """Answer, or raise an error of the project."""
        ...


def route_class(
    hot: HotRepresentations | None = None, *, guarded: bool = False, checks_options: bool = True
) -> type[APIRoute]:
    """Return a class of routes for a router.

    Args:
        hot: Where representations are kept that may be; ``None`` keeps nothing.
        guarded: Whether requests have to be authorized. Then nothing is kept, here or by a cache for others: what is
            hot is answered before anybody asks for a token.
        checks_options: Whether the query may hold only the parameters that the route describes for OpenAPI; any other
            is an ``InvalidOption``.
    """

    class Route(APIRoute):
        def __init__(self, path: str, endpoint: Handler, **options: object) -> None:
            # None: FastAPI would take what a handler returns for a model of its own.
            super().__init__(path, endpoint, **{**options, "response_model": None})  # type: ignore[arg-type]  # passed on

        # FastAPI would check and convert parameters, which are all plain text here, and look for a model in what comes
        # back; its routing and its OpenAPI document are what this program uses.
        def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]  # of FastAPI
            handler: Handler = self.endpoint
            known = _described_options(self) if checks_options else None
            takes_request = self.dependant.request_param_name is not None

            async def handle(request: Request) -> Response:
                # Read before the handler chooses a release: if one arrives meanwhile, what it returns is stale.
                generation = hot.generation if hot is not None else 0
                asked = Asked(request.scope, request.receive)
                asked.options = parse_query(asked, known=known) if known is not None else {}
                arguments = (asked,) if takes_request else ()
                returned = await handler(*arguments, **request.path_params)
                if isinstance(returned, Reply):
                    return returned.response
                if guarded:
                    returned = returned.private
                elif hot is not None and returned.keep:
                    hot.put(request.scope, returned, route=self.path_format, generation=generation)
                method = request.scope.get(METHOD_ASKED, request.method)
                return negotiate(returned, request.scope["headers"], method=method).response

            return handle

    return Route


def parse_query(request: Request, *, known: Collection[str]) -> Mapping[str, str]:
    """Return the query as options. Raises: InvalidOption for one that is unknown or given twice."""
    options: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in options:
            raise InvalidOption(f"the option {quote(name)} is given twice", options=[name[:64]])
        options[name] = value
    check_option_names(options, known=known)
    return options


def _described_options(route: APIRoute) -> tuple[str, ...]:
    parameters = (route.openapi_extra or {}).get("parameters", ())
    return tuple(parameter["name"] for parameter in parameters if parameter["in"] == "query")
