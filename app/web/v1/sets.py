"""Sets: long lists of zones under a short name, by which they are pulled as an image."""

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from fastapi import APIRouter

from app.artifact.formats import FORMATS, STABLE_FORMAT, format_in_image
from app.artifact.oci.names import TREE_PREFIX, SetRow
from app.artifact.spec import Spec
from app.builder.builder import Builder
from app.builder.images import Images
from app.digest import format_digest
from app.errors import InvalidOption
from app.web.http.representation import NO_STORE, Representation, json_representation
from app.web.http.requests import read_bundle_request
from app.web.http.routes import Asked, route_class
from app.web.http.token import check_token
from app.web.openapi.described import SET_REQUEST, responses


@dataclass(frozen=True, slots=True)
class SetRoutes:
    """The handler of ``/v1/sets``.

    Attributes:
        base_url: Images are pulled from its host.
        token: What the registry asks for. A set is an image's name, so that posting one asks for it too.
    """

    images: Images
    builder: Builder
    base_url: str
    token: str

    async def post(self, request: Asked) -> Representation:
        """Name a list of zones, so that it can be pulled."""
        check_token(request.scope["headers"], self.token)
        spec = await read_bundle_request(request, self.builder.read, default_format=STABLE_FORMAT)
        if FORMATS[spec.format].image is None:
            tree, go = format_in_image("layer"), format_in_image("go-zip")
            raise InvalidOption(f"an image holds a tree (format={tree}) or Go's zip (format={go})", options=["format"])
        repository, image = await self.images.keep_set(_placed(spec))
        row: SetRow = {
            "repository": repository,
            "release": image.release,
            "reference": f"{urlsplit(self.base_url).netloc}/{repository}:{image.release}",
            "digest": format_digest(image.index_sha256),
        }
        return json_representation(row, cache_control=NO_STORE, fields={"tzdata-release": image.release})


def set_router(images: Images, builder: Builder, base_url: str, *, token: str) -> APIRouter:
    """Return the route of sets."""
    router = APIRouter(prefix="/v1/sets", tags=["images"], route_class=route_class())
    router.add_api_route(
        "",
        SetRoutes(images, builder, base_url, token).post,
        methods=["POST"],
        operation_id="postSet",
        summary="Name a long list of zones, to pull it as an image",
        responses=responses("Set", 400, 401, 404, 413, 502, 503),
        openapi_extra=SET_REQUEST,
    )
    return router


def _placed(spec: Spec) -> Spec:
    """Return a posted selection; a tree without a prefix gets the usual place."""
    return replace(spec, prefix=TREE_PREFIX) if FORMATS[spec.format].image == "layer" and not spec.prefix else spec
