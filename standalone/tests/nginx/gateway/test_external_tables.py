"""The tables of external routes as a pod has them: mounted files, and newer ones from the operator."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from platform_standalone.nginx.external_tables import ExternalTables


class Peer:
    """An HTTP server that returns a given document, and remembers what it was asked."""

    def __init__(self):
        self.document = {}
        self.questions = []
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if body:
                    peer.questions.append(json.loads(body))
                text = json.dumps(peer.document).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = _answer  # noqa: N815 (the names that the server looks for)

            def log_message(self, *_):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def peers():
    made = [Peer(), Peer()]
    yield made
    for peer in made:
        peer.close()


@pytest.fixture
def tables(tmp_path, peers):
    operator, nginx = peers
    return ExternalTables(tmp_path, operator.url, nginx.url)


def document(serial, *names):
    return {"version": 1, "serial": serial, "routes": {name: {} for name in names}}


def write(folder, number, given):
    (folder / f"{number}.json").write_text(json.dumps(given))


def names(found):
    return {number: sorted(table.routes) for number, table in found.items()}


def test_a_mounted_table_is_read_and_so_are_its_changes(tables, tmp_path):
    write(tmp_path, 0, document(1, "a/x"))
    write(tmp_path, 3, document(1, "b/y"))
    (tmp_path / "README").write_text("no table")
    assert names(tables.read()) == {0: ["a/x"], 3: ["b/y"]}
    write(tmp_path, 0, document(2, "a/z"))
    assert names(tables.read()) == {0: ["a/z"], 3: ["b/y"]}


def test_the_operators_table_counts_until_the_mounted_one_is_newer(tables, tmp_path, peers):
    operator, _ = peers
    write(tmp_path, 0, document(1, "a/x"))
    operator.document = {"tables": {"0": document(5, "a/new")}}
    tables.exchange()
    assert names(tables.read()) == {0: ["a/new"]}
    write(tmp_path, 0, document(6, "a/newer"))
    assert names(tables.read()) == {0: ["a/newer"]}


def test_the_operator_is_told_what_every_worker_follows(tables, tmp_path, peers):
    operator, nginx = peers
    write(tmp_path, 0, document(7, "a/x"))
    tables.read()
    nginx.document = {"followed": True, "serials": {"0": 6}, "skipped": {"a/x": "why"}}
    tables.exchange()
    assert operator.questions[-1] == {"have": {"0": 7}, "loaded": {"0": 6}, "refused": {"a/x": "why"}}
    # the workers are changing: what all of them are known to follow is the one before
    nginx.document = {"followed": False, "serials": {"0": 7}, "skipped": {}}
    tables.exchange()
    assert operator.questions[-1]["loaded"] == {"0": 6}


@pytest.mark.parametrize("text", ["{", '{"version": 2}', "[]"])
def test_a_table_that_cannot_be_read_leaves_the_one_before_and_the_others(tables, tmp_path, capsys, text):
    write(tmp_path, 0, document(1, "a/x"))
    write(tmp_path, 1, document(1, "b/y"))
    tables.read()
    (tmp_path / "0.json").write_text(text)
    write(tmp_path, 1, document(2, "b/z"))
    for _ in range(3):
        assert names(tables.read()) == {0: ["a/x"], 1: ["b/z"]}
    assert capsys.readouterr().err.count("0.json is wrong") == 1


@pytest.mark.parametrize("response", [[], {"tables": []}, {"tables": {"0": {"version": 9}}}])
def test_what_the_operator_says_wrong_changes_nothing(tables, tmp_path, peers, response):
    operator, _ = peers
    write(tmp_path, 0, document(1, "a/x"))
    operator.document = response
    tables.exchange()
    assert names(tables.read()) == {0: ["a/x"]}


def test_without_the_operator_the_mounted_tables_count(tmp_path, peers, capsys):
    _, nginx = peers
    nowhere = "http://127.0.0.1:1/"
    tables = ExternalTables(tmp_path, nowhere, nginx.url)
    write(tmp_path, 0, document(1, "a/x"))
    for _ in range(3):
        tables.exchange()
    assert names(tables.read()) == {0: ["a/x"]}
    assert capsys.readouterr().err.count("the mounted ones count") == 1
