"""Files and batches of the fault server, kept in memory and worked off when somebody looks."""

import json
from collections.abc import Callable

JSON = "application/json"
DONE = ("completed", "expired")
Said = tuple[int, bytes, str]  # status, body, content type


class BatchStore:
    """Takes files, makes batches of them, and completes a batch after `polls` looks at it.

    `work` answers the payload of one line. Without `offered` every path is unknown.
    """

    def __init__(self, work: Callable[[dict], tuple[int, bytes]], polls: int) -> None:
        self.work, self.polls, self.offered = work, polls, True
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict] = {}

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Said:
        """Answer any request but a chat completion."""
        name = path.split("/")[2] if path.count("/") > 1 else ""
        if not self.offered:
            return 404, _json({"error": {"message": "Not Found"}}), JSON
        if path.endswith("/content"):
            return 200, self.files[name], "application/octet-stream"
        if path == "/files":
            return 200, _json(self._file(_uploaded(headers, body))), JSON
        if path == "/batches" and method == "POST":
            return 200, _json(self._begin(json.loads(body))), JSON
        if path == "/batches":
            return 200, _json(_listed(list(self.batches.values()))), JSON
        if path.startswith("/batches/"):
            return 200, _json(self._look(name)), JSON
        return 200, _json(_listed([{"id": "tiny", "object": "model"}])), JSON

    def _file(self, content: bytes) -> dict:
        name = f"file-{len(self.files)}"
        self.files[name] = content
        return {
            "id": name, "object": "file", "bytes": len(content), "created_at": 0,
            "filename": "batch.jsonl", "purpose": "batch", "status": "processed",
        }  # fmt: skip

    def _begin(self, asked: dict) -> dict:
        name = f"batch-{len(self.batches)}"
        self.batches[name] = {
            "id": name, "object": "batch", "endpoint": asked["endpoint"], "created_at": 0,
            "input_file_id": asked["input_file_id"], "completion_window": "24h",
            "status": "validating", "metadata": asked.get("metadata"), "looks": 0,
        }  # fmt: skip
        return self.batches[name]

    def _look(self, name: str) -> dict:
        """Let a batch go on by one look."""
        batch = self.batches[name]
        batch["looks"] += 1
        if batch["status"] in DONE:
            return batch
        if batch["looks"] <= self.polls:
            return batch | {"status": "in_progress"}
        good, bad = self._worked_off(self.files[batch["input_file_id"]])
        batch["status"] = "completed"
        batch["output_file_id"] = self._file(good)["id"] if good else None
        batch["error_file_id"] = self._file(bad)["id"] if bad else None
        return batch

    def _worked_off(self, content: bytes) -> tuple[bytes, bytes]:
        """Return the output file and the error file."""
        good, bad = [], []
        for line in map(json.loads, content.splitlines()):
            status, body = self.work(line["body"])
            told = {"status_code": status, "request_id": "r", "body": json.loads(body)}
            record = {"id": "b", "custom_id": line["custom_id"], "response": told, "error": None}
            (good if status == 200 else bad).append(_json(record) + b"\n")
        return b"".join(good), b"".join(bad)


def _uploaded(headers: dict[str, str], body: bytes) -> bytes:
    """Return the file of a multipart form."""
    boundary = b"--" + headers["content-type"].partition("boundary=")[2].encode()
    part = next(part for part in body.split(boundary) if b"filename=" in part)
    return part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")


def _listed(data: list[dict]) -> dict:
    return {"object": "list", "data": data, "has_more": False}


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
