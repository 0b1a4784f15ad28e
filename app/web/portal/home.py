"""What a person meets first: ``/`` in plain text with lines that work as they stand."""

from fastapi import APIRouter

from app import __version__
from app.web.http.representation import PLAIN_TEXT, REVALIDATE, Representation, make_representation
from app.web.http.routes import route_class
from app.web.openapi.described import conditional_responses

_HELP = """\
tzdata-filter {version}: containers get exactly the time zones they need.

Three lines that work as they are, in a directory of your own:

  mkdir -p zoneinfo && curl -fsSL {base}/v1/bundles/latest/Asia/Shanghai,Etc/UTC.tar.gz | tar -xz -C zoneinfo
  curl -fsSLo zoneinfo.zip {base}/v1/bundles/latest/Asia/Shanghai,Etc/UTC.zip
  curl -fsSL '{base}/v1/bundles/latest/country:CN,Etc/UTC.json?aliases=all'

The first unpacks a tree: /usr/share/zoneinfo of an image is where glibc, musl and Python look for it. The second is a
zip for Go programs (ZONEINFO=$PWD/zoneinfo.zip). The third says what would be in a bundle, and why.

Write a release such as 2026f in place of latest to pin it. Each answer with a bundle has the sha256 of its bytes in
ETag, and their permanent URL in Content-Location.

  {base}/v1/releases                      which releases there are
  {base}/v1/releases/latest/zones?q=ber   search names, countries, comments
  {base}/docs                             every route, with all options
  {base}/problems                         what errors mean
"""


def home_router(base_url: str) -> APIRouter:
    """Return the route ``/``.

    Args:
        base_url: What every line to paste starts with.
    """
    text = _HELP.format(version=__version__, base=base_url)

    async def home() -> Representation:
        """Help in plain text."""
        return make_representation(text.encode(), media_type=PLAIN_TEXT, cache_control=REVALIDATE)

    router = APIRouter(tags=["help"], route_class=route_class(checks_options=False))
    router.add_api_route(
        "/", home, operation_id="getHelp", summary="Help", responses=conditional_responses("text/plain")
    )
    return router
