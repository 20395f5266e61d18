"""A running `bursar demo`, and what can be asked of it beside the SDKs: balances, charges, the provider's bill."""

import json
import os
import select
import signal
import subprocess
import time
import urllib.request
from decimal import Decimal
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("BURSAR_BIN", REPOSITORY / "target/debug/bursar"))

START_SECONDS = 60
"""Until its line of JSON: it starts a provider, a gateway and an admin API, and seeds an organisation."""
STOP_SECONDS = 15
"""Between SIGINT and the end of the process, as promised."""


class Demo:
    """One demo process on free loopback ports."""

    def __init__(self, stderr: Path):
        listeners = [
            argument
            for name in ("gateway", "admin", "operations", "provider")
            for argument in (f"--{name}", "127.0.0.1:0")
        ]
        self._stderr = stderr
        with stderr.open("wb") as log:
            self._process = subprocess.Popen(
                [BINARY, "demo", "--json", *listeners], stdout=subprocess.PIPE, stderr=log, text=True
            )
        # The line as printed: gateway, admin, operations, provider, admin_token, org, keys.
        seeded = self._line()
        self.gateway = seeded["gateway"].rstrip("/")
        self.admin = seeded["admin"].rstrip("/")
        self.provider = seeded["provider"].rstrip("/")
        self.admin_token = seeded["admin_token"]
        self.org = seeded["org"]
        self._keys = {key["name"]: key for key in seeded["keys"]}

    def _line(self) -> dict:
        deadline = time.monotonic() + START_SECONDS
        ready, _, _ = select.select([self._process.stdout], [], [], deadline - time.monotonic())
        line = self._process.stdout.readline() if ready else ""
        if not line:
            self._process.kill()
            raise RuntimeError(f"the demo said nothing; its log:\n{self._stderr.read_text()}")
        return json.loads(line)

    def stop(self) -> None:
        """Ends it as Ctrl-C does, and insists on a clean end."""
        self._process.send_signal(signal.SIGINT)
        try:
            rest, _ = self._process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        log = self._stderr.read_text()
        assert self._process.returncode == 0, log
        assert rest == "", "`--json` prints one line and nothing after it"

    def key(self, name: str) -> str:
        """The secret of the seeded key of this name."""
        return self._keys[name]["key"]

    def member(self, name: str) -> str:
        """The id of the member whose key this is."""
        return self._keys[name]["member"]

    def remaining(self, name: str) -> Decimal:
        """What the holder of this key could still spend."""
        return Decimal(self._get(f"{self.gateway}/bursar/v1/balance", self.key(name))["remaining"])

    def request(self, name: str, request_id: str) -> dict:
        """What became of one request, as its own caller is told."""
        return self._get(f"{self.gateway}/bursar/v1/requests/{request_id}", self.key(name))

    def bill(self) -> "Bill":
        """What the provider says it sold, which the gateway has no part in."""
        return Bill(self._get(f"{self.provider}/bill"))

    def top_up(self, name: str, amount: Decimal) -> None:
        """Buys credits that only the member with this key may burn."""
        grant = {"kind": "top_up", "amount": f"{amount:f}", "members": [self.member(name)]}
        self._send(
            urllib.request.Request(
                f"{self.admin}/api/v1/orgs/{self.org}/grants",
                data=json.dumps(grant).encode(),
                headers={"content-type": "application/json", **_bearer(self.admin_token)},
            )
        )

    def admin_call(self, method: str, path: str, body: dict | None = None, **headers: str) -> dict:
        """What the admin API answers to a call about the demo's organisation."""
        return self._send(self._admin_request(method, path, body, headers))

    def admin_edit(self, path: str, changes: dict) -> dict:
        """Changes something as it is now: reads it, and names what it has read."""
        with urllib.request.urlopen(self._admin_request("GET", path, None, {}), timeout=30) as answer:
            etag = answer.headers["etag"]
        return self.admin_call("PATCH", path, changes, **{"if-match": etag})

    def _admin_request(self, method, path, body, headers) -> urllib.request.Request:
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json", **_bearer(self.admin_token), **headers}
        url = f"{self.admin}/api/v1/orgs/{self.org}/{path}"
        return urllib.request.Request(url, data=data, headers=headers, method=method)

    def models(self, secret: str) -> int:
        """The status of the list of models, which has no price and is no tool."""
        request = urllib.request.Request(f"{self.gateway}/openai/v1/models", headers=_bearer(secret))
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status

    def _get(self, url: str, token: str | None = None) -> dict:
        return self._send(urllib.request.Request(url, headers=_bearer(token) if token else {}))

    @staticmethod
    def _send(request: urllib.request.Request) -> dict:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


class Bill:
    """The provider's bill at one moment."""

    def __init__(self, bill: dict):
        self._models = bill["models"]
        self._lines = {line["id"]: line for line in bill["lines"]}

    def answered(self, model: str) -> int:
        """How many calls of a model it answered, and so wants to be paid for."""
        return self._models.get(model, {"answered": 0})["answered"]

    def images(self, model: str) -> int:
        """How many images it made with a model."""
        return self._models.get(model, {"images": 0})["images"]

    def line(self, answer_id: str) -> dict:
        """The line of the answer with this id: model, input_tokens, output_tokens, images."""
        return self._lines[answer_id]


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
