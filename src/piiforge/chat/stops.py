"""Replies that no retry can mend: what is said of them, in one sentence, and what to do."""

from piiforge.chat.endpoint import key_of, shown_url
from piiforge.chat.records import Settings
from piiforge.chat.replies import Reply
from piiforge.errors import AskedWrongly

KEY_REFUSED = frozenset({401, 403})
NOT_FOUND = 404
REDIRECTS = range(300, 400)
KEPT = "What was answered so far is in the journal."


def stop(reply: Reply, settings: Settings) -> AskedWrongly | None:
    """Return the error that ends the whole run, None where only one request is concerned."""
    url = shown_url(settings)
    if reply.code == "insufficient_quota":
        return AskedWrongly(f"{url} says that the account's quota is used up.", f"Top up. {KEPT}")
    if reply.status in KEY_REFUSED:
        return _key_refused(url, settings)
    if reply.status == NOT_FOUND and "model" in reply.about:
        problem = f"{url} has no model named {settings.model!r}."
        return AskedWrongly(problem, f"{url}/models lists those it has.")
    if reply.status == NOT_FOUND:
        return AskedWrongly(f"{url} has no chat completions.", "Does the URL end in /v1?")
    if reply.reason == "unreachable":
        return AskedWrongly(f"Nothing answers at {url}.", "Start the server, or check the URL.")
    return None


def stop_probe(reply: Reply, settings: Settings) -> AskedWrongly:
    """Return the error of a probe that brought no answer: the endpoint can't be used at all."""
    found = stop(reply, settings)
    if found is not None:
        return found
    url = shown_url(settings)
    if reply.status in REDIRECTS:
        problem = f"{url} redirects to another address (status {reply.status})."
        return AskedWrongly(problem, "Give that address, if it is to be trusted.")
    if reply.html:
        problem = f"{url} answers HTML (status {reply.status}), not a chat completion."
        return AskedWrongly(problem, "Is this a web page, or does the URL lack its /v1?")
    said = {
        "bad_body": f"{url} answers with something that is no chat completion.",
        "timeout": f"{url} gave no answer within {settings.timeout_s:g} s.",
        "connection": f"{url} breaks the connection off.",
        "over_budget": "The budget does not cover even the first, tiny call.",
        "rate_limited": f"{url} takes no call now (status 429).",
        "rejected": f"{url} rejects the simplest request (status {reply.status}).",
        "server_error": f"{url} fails (status {reply.status}).",
    }
    problem = said.get(reply.reason, f"{url} gives no usable answer ({reply.reason}).")
    return AskedWrongly(problem, "Try again later, or check the URL, the model and the budget.")


def _key_refused(url: str, settings: Settings) -> AskedWrongly:
    if key_of(settings):
        return AskedWrongly(
            f"{url} does not accept the key in {settings.key_variable}.", f"Set another. {KEPT}"
        )
    return AskedWrongly(f"{url} wants a key.", f"Set {settings.key_variable}.")
