"""Sessions and idempotency records have a store each: one that is full stops nothing that needs the other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import redis
from httpx2 import Response

from blackbox.client import Account, Client, Session, new_key
from blackbox.own_platform import OwnPlatform
from blackbox.waiting import eventually

# From the coarse to the fine, so that nothing is left (bytes).
SIZES = (1 << 20, 1 << 14, 1 << 9, 1)


class Filling:
    """What fills a store to its limit, under names with `prefix`."""

    def __init__(self, store: redis.Redis, prefix: str) -> None:
        self._store = store
        self._prefix = prefix
        self._names: list[str] = []

    def fill(self) -> None:
        """Take what is left; buffers of connections come and go, so it may be called again."""
        for size in SIZES:
            while self._adds(b"x" * size):
                assert len(self._names) < 20_000

    def empty(self) -> None:
        """Take everything out."""
        for name in self._names:
            self._store.delete(name)

    def _adds(self, value: bytes) -> bool:
        name = f"{self._prefix}fill:{len(self._names)}"
        try:
            self._store.set(name, value, px=300_000)
        except redis.exceptions.OutOfMemoryError:
            return False
        self._names.append(name)
        return True


@contextmanager
def filled(store: redis.Redis, prefix: str) -> Iterator[Filling]:
    """Fill the store; what was added is gone afterwards."""
    filling = Filling(store, prefix)
    try:
        filling.fill()
        yield filling
    finally:
        filling.empty()


def refused_when_full(filling: Filling, request: Callable[[], Response]) -> Response:
    """Return the response to a request that found no room."""

    def refused() -> Response | None:
        filling.fill()
        response = request()
        return response if response.status_code == 503 else None

    return eventually(refused, "a request finds the store full")


def test_idempotency_records_that_fill_their_store_stop_no_log_in(
    own_platform: OwnPlatform, member: Session, account: Account, client: Client
):
    with own_platform.answer_store() as store:
        with filled(store, "idem:") as filling:
            edit = {"display_name": "X"}
            refused_when_full(filling, lambda: member.patch(member.path, edit, key=new_key()))
            session = client.log_in(account)
            assert session.refresh().status_code == 200
            assert session.me().status_code == 200

        assert member.patch(member.path, {"display_name": "X"}, key=new_key()).status_code == 200


def test_sessions_that_fill_their_store_stop_no_keyed_request_and_no_log_out(
    own_platform: OwnPlatform, member: Session, account: Account, client: Client
):
    leaving = client.log_in(account)
    with own_platform.session_store() as store:
        with filled(store, "auth:") as filling:
            credentials = {"email": account.email, "password": account.password}
            refused_when_full(filling, lambda: client.post("/auth/login", credentials))
            first = member.patch(member.path, {"display_name": "Y"}, key=(key := new_key()))
            assert member.patch(member.path, {"display_name": "Y"}, key=key).content == first.content
            assert first.status_code == 200
            leaving.log_out()
            assert leaving.me().status_code == 401

        assert client.log_in(account).me().status_code == 200
