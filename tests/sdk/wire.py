"""The HTTP client beneath an SDK: writes down what really went over the wire."""

import importlib
from dataclasses import dataclass, field

PIECE = 16 * 1024
"""Bytes of one chunk of a body that is sent without a length."""


@dataclass
class Wire:
    """The requests one SDK client has sent, and the heads of the answers."""

    sent: int = 0
    statuses: list[int] = field(default_factory=list)
    headers: list = field(default_factory=list)

    def client(self, sdk, *, chunked: bool = False):
        """An HTTP client for `sdk` that is watched; `chunked` sends each body in pieces, without a length."""
        transport = _chunked_transport(_http_library(sdk)) if chunked else None
        hooks = {"request": [self._sent], "response": [self._answered]}
        return sdk.DefaultHttpxClient(event_hooks=hooks, transport=transport)

    @property
    def last_request_id(self) -> str:
        """The `x-request-id` of the newest answer."""
        return self.headers[-1]["x-request-id"]

    def _sent(self, _request) -> None:
        self.sent += 1

    def _answered(self, response) -> None:
        self.statuses.append(response.status_code)
        self.headers.append(response.headers)


def _http_library(sdk):
    """`httpx` or `httpx2`: the SDKs changed from one to the other, each at its own version."""
    bases = (base.__module__.split(".")[0] for base in sdk.DefaultHttpxClient.__mro__)
    return importlib.import_module(next(name for name in bases if name.startswith("httpx")))


def _chunked_transport(httpx):
    class Chunked(httpx.HTTPTransport):
        def handle_request(self, request):
            body = request.read()
            pieces = (body[at : at + PIECE] for at in range(0, len(body), PIECE))
            headers = [pair for pair in request.headers.multi_items() if pair[0].lower() != "content-length"]
            # Content that is an iterator makes the library choose `transfer-encoding: chunked`.
            return super().handle_request(
                httpx.Request(
                    request.method, request.url, headers=headers, content=pieces, extensions=request.extensions
                )
            )

    return Chunked()
