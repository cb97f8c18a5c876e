"""Settings that nothing could come of are refused before anything is sent."""

from urllib.parse import urlsplit

from piiforge.chat.endpoint import check_key
from piiforge.chat.records import Settings
from piiforge.errors import AskedWrongly


def check(settings: Settings) -> None:
    """Refuse settings that can't work.

    Raises:
        AskedWrongly: no key where one is needed, no model, no such address, numbers below their
            least.
    """
    check_key(settings)
    url = settings.base_url
    numbers = (settings.budget_usd, settings.input_usd_per_million, settings.output_usd_per_million)
    wrong = {
        "The model has no name.": not settings.model,
        "The base URL is no http:// or https:// address.": bool(url)
        and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname),
        "At least one try and one call at once are needed.": min(
            settings.tries, settings.most_at_once
        )
        < 1,
        "A timeout must be more than 0 seconds.": settings.timeout_s <= 0,
        "Waits can't be negative.": min(settings.backoff_s, settings.patience_s) < 0,
        "A budget or price can't be negative.": any(
            each is not None and each < 0 for each in numbers
        ),
    }
    for problem, holds in wrong.items():
        if holds:
            raise AskedWrongly(problem, "Check the settings of the model.")
