"""Push: what the manifest lists goes to the hub, nothing else, and the token is told to nobody."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from piiforge import build, files
from piiforge.errors import AskedWrongly, GateFailed, VerifyFailed

pytest.importorskip("huggingface_hub", reason="the extra `hub` is not installed")
TOKEN = "hf_not_a_token_of_anybody"


class Hub(ThreadingHTTPServer):
    """Answers as a hub does, on loopback; keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.status, self.tokens, self.made = 200, set[str](), dict[str, object]()
        self.taken: dict[str, bytes] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answers(BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["content-length"]))
        self.server.tokens.add(self.headers["authorization"])
        found: dict[str, object] = {}
        page = f"{self.server.url}/datasets/org/name"
        if self.path == "/api/repos/create":
            self.server.made, found = json.loads(sent), {"url": page}
        elif "/preupload/" in self.path:
            found = {"files": [{"path": one["path"], "uploadMode": "regular", "shouldIgnore": False}
                               for one in json.loads(sent)["files"]]}  # fmt: skip
        elif "/commit/" in self.path:
            found = {"commitUrl": f"{page}/commit/abc", "commitOid": "abc"}
            for line in map(json.loads, sent.splitlines()):
                if line["key"] == "file":
                    one = line["value"]
                    self.server.taken[one["path"]] = base64.b64decode(one["content"])
        body = json.dumps(found).encode()
        self.send_response(self.server.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def hub(monkeypatch) -> Iterator[Hub]:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with Hub() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def push(folder, hub, **more):
    return build.push(build.Pushing(folder, "org/name", endpoint=hub.url, **more))


def test_what_the_manifest_lists_arrives_as_it_is_and_nothing_else(copy, hub):
    (copy / "review.jsonl").write_text("{}\n")
    (copy / "models").mkdir()
    (copy / "models" / "weights.bin").write_bytes(b"0")
    done = push(copy, hub)
    listed = {*files.read_json(copy / files.MANIFEST)["outputs"], files.MANIFEST}
    assert hub.taken.keys() == set(done.files) == listed
    assert all((copy / name).read_bytes() == sent for name, sent in hub.taken.items())
    assert done.commit == f"{hub.url}/datasets/org/name/commit/abc"


@pytest.mark.parametrize(("public", "seen"), [(False, "private"), (True, "public")])
def test_a_set_is_private_unless_asked(tiny, hub, public, seen):
    push(tiny.folder, hub, public=public)
    assert hub.made["visibility"] == seen


def test_the_token_goes_to_the_hub_alone(tiny, hub, caplog, capfd):
    with caplog.at_level("DEBUG"):
        done = push(tiny.folder, hub)
    assert hub.tokens == {f"Bearer {TOKEN}"}
    out, err = capfd.readouterr()
    assert TOKEN not in f"{out}{err}{caplog.text}{done}"


@pytest.mark.parametrize(("status", "kind"), [(401, AskedWrongly), (403, AskedWrongly),
                                              (422, GateFailed)])  # fmt: skip
def test_a_refusal_is_told_with_its_status_and_without_the_token(tiny, hub, status, kind):
    hub.status = status
    with pytest.raises(kind, match=str(status)) as raised:
        push(tiny.folder, hub)
    assert TOKEN not in str(raised.value)


def test_a_changed_folder_is_not_sent(copy, hub):
    (copy / "train.jsonl").write_text("{}\n")
    with pytest.raises(VerifyFailed):
        push(copy, hub)
    assert not hub.taken


def test_a_dry_run_needs_no_token_and_sends_nothing(tiny, hub, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    asked = build.Pushing(tiny.folder, "org/name", endpoint=hub.url)
    found = build.push(asked, dry_run=True)
    assert files.MANIFEST in found.files
    assert not found.commit
    assert not hub.tokens
    with pytest.raises(AskedWrongly, match="HF_TOKEN"):
        build.push(asked)


@pytest.mark.parametrize("name", ["name", "org/name/more", "", "org/na me", "../up/x"])
def test_a_name_is_org_and_name(tiny, hub, name):
    with pytest.raises(AskedWrongly, match="org/name"):
        build.push(build.Pushing(tiny.folder, name, endpoint=hub.url))


def test_nobody_there_is_a_clear_word(tiny, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    asked = build.Pushing(tiny.folder, "org/name", endpoint="http://127.0.0.1:9")
    with pytest.raises(GateFailed, match="can't be reached"):
        build.push(asked)
