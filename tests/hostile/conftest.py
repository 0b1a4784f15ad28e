"""One service that many attacks are run against, and what must be true of it after each."""

from collections.abc import Iterator

import pytest

from tests.hostile.attacks import check_unharmed
from tests.servers import Service, running_service


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Return the service under attack. Its deadlines are those of the defaults: bounds must hold before them."""
    with running_service(tmp_path_factory.mktemp("target"), {}) as running:
        yield running


@pytest.fixture
def unharmed(target: Service) -> Iterator[None]:
    """See that the service is as it was after the attack."""
    yield
    check_unharmed(target)
