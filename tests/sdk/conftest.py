"""What every test is given: the demo, and one SDK after the other."""

from collections.abc import Iterator

import pytest

from demo import Demo
from dialect import DIALECTS
from wire import Wire


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Iterator[Demo]:
    running = Demo(tmp_path_factory.mktemp("demo") / "stderr")
    yield running
    running.stop()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture(params=DIALECTS, ids=lambda dialect: dialect.sdk.__name__)
def dialect(request):
    return request.param


@pytest.fixture(params=[False, True], ids=["json", "stream"])
def stream(request) -> bool:
    return request.param
