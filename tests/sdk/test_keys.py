"""The life of a key, as an admin leads it and an SDK meets it: made, rotated, restricted, blocked, revoked."""

import time

import pytest

from test_refusals import expect, refusal
from wire import Wire

PATIENCE = 30
"""Seconds in which a secret whose grace is over has to be refused; it is a matter of one."""


@pytest.fixture
def key(demo):
    """A new key of a member with credits, as the admin API tells of it this once."""
    made = demo.admin_call("POST", "keys", {"name": "life", "member": demo.member("plain")})
    yield made
    demo.admin_call("POST", f"keys/{made['id']}:revoke")


def works(demo, dialect, secret) -> bool:
    return dialect.ask(dialect.client(demo, secret, Wire()), "Hi", stream=False).text != ""


def refused_with(demo, dialect, secret, status, code):
    error = refusal(demo, dialect, Wire(), secret, stream=False)
    return expect(dialect, error, status, code)


def test_a_key_lives_as_its_admin_says(demo, dialect, key):
    path = f"keys/{key['id']}"
    assert works(demo, dialect, key["secret"])

    rotated = demo.admin_call("POST", f"{path}:rotate", {"grace": "1h"})
    assert rotated["id"] == key["id"] and rotated["secret"] != key["secret"]
    assert works(demo, dialect, key["secret"]) and works(demo, dialect, rotated["secret"])

    again = demo.admin_call("POST", f"{path}:rotate", {"grace": "0s"})
    for ended in (key["secret"], rotated["secret"]):
        refused_with(demo, dialect, ended, 401, "invalid_credential")
    secret = again["secret"]
    assert works(demo, dialect, secret)

    demo.admin_edit(path, {"tools": ["text-to-image"]})
    refused_with(demo, dialect, secret, 403, "tool_not_allowed")
    demo.admin_edit(path, {"tools": None, "models": ["another-*"]})
    refused_with(demo, dialect, secret, 403, "model_not_allowed")
    demo.admin_edit(path, {"models": ["mock-*"]})
    assert works(demo, dialect, secret)

    demo.admin_call("POST", f"{path}:block")
    refused_with(demo, dialect, secret, 403, "key_blocked")
    demo.admin_call("POST", f"{path}:unblock")
    assert works(demo, dialect, secret)

    demo.admin_call("POST", f"{path}:revoke")
    refused_with(demo, dialect, secret, 401, "invalid_credential")


def test_an_old_secret_ends_by_itself_when_its_grace_is_over(demo, dialect, key):
    rotated = demo.admin_call("POST", f"keys/{key['id']}:rotate", {"grace": "1s"})
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            works(demo, dialect, key["secret"])
        except dialect.exceptions[401]:
            break
        assert time.monotonic() < deadline, "the old secret still opens the key"
    assert works(demo, dialect, rotated["secret"])


def test_a_key_is_refused_from_an_address_that_is_not_on_its_list(demo, dialect, key):
    demo.admin_edit(f"keys/{key['id']}", {"ips": ["192.0.2.0/24"]})
    refused_with(demo, dialect, key["secret"], 403, "ip_not_allowed")
    demo.admin_edit(f"keys/{key['id']}", {"ips": ["127.0.0.1"]})
    assert works(demo, dialect, key["secret"])


def test_a_rate_is_told_as_a_429_that_says_when_to_come_again(demo, dialect, key):
    demo.admin_edit(f"keys/{key['id']}", {"rates": {"per_minute": 1}})
    assert works(demo, dialect, key["secret"])
    client = dialect.client(demo, key["secret"], Wire(), max_retries=0)
    with pytest.raises(dialect.exceptions[429]) as caught:
        dialect.ask(client, "Hi", stream=False)
    assert dialect.machine_block(caught.value)["code"] == "rate_limited"
    headers = caught.value.response.headers
    assert 1 <= int(headers["retry-after"]) <= 60
    assert "ratelimit" in headers


def test_without_access_even_what_is_free_is_refused_and_the_models_are_listed(demo, dialect, key):
    member = f"members/{demo.member('plain')}"
    demo.admin_call("POST", f"{member}:remove-access")
    try:
        refused_with(demo, dialect, key["secret"], 403, "access_removed")
        error = refusal(demo, dialect, Wire(), key["secret"], stream=False, model="mock-free")
        expect(dialect, error, 403, "access_removed")
        assert demo.models(key["secret"]) == 200
    finally:
        demo.admin_call("POST", f"{member}:restore-access")
    assert works(demo, dialect, key["secret"])
