"""What a token costs: given by hand, or looked up in the list that the genai-prices package ships.

The list is read from the installed package; nothing is fetched. Discounts on input that the
provider had in its own cache are left out, so what is told is the most it can be.
"""

from dataclasses import dataclass

from piiforge.chat.records import Settings
from piiforge.errors import AskedWrongly, MissingExtra

BATCH_SHARE = 0.5  # of the price, for what comes through the Batch API
SAMPLE = 1000  # tokens a side: small enough for the first tier of a tiered price
HINT = "Give --input-price and --output-price (dollars per million tokens), or leave out --budget."


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars per million tokens."""

    input_usd: float
    output_usd: float

    def of(self, input_tokens: int, output_tokens: int, *, batch: bool = False) -> float:
        """Return dollars.

        >>> Price(2.0, 8.0).of(500_000, 250_000), Price(2.0, 8.0).of(500_000, 0, batch=True)
        (3.0, 0.5)
        """
        usd = (input_tokens * self.input_usd + output_tokens * self.output_usd) / 1e6
        return usd * BATCH_SHARE if batch else usd


def price_of(settings: Settings) -> Price | None:
    """Return the price of the settings' model, None where nobody knows it and no budget asks.

    Raises:
        AskedWrongly: a budget is set and the price is unknown, or only one of two prices is given.
        MissingExtra: the list of prices is needed and not installed.
    """
    by_hand = (settings.input_usd_per_million, settings.output_usd_per_million)
    if by_hand[0] is not None and by_hand[1] is not None:
        return Price(by_hand[0], by_hand[1])
    if by_hand != (None, None):
        raise AskedWrongly("Only one of the two prices is given.", HINT)
    found = _listed(settings)
    if found is None and settings.budget_usd is not None:
        problem = f"The price of {settings.model!r} is unknown, so a budget can't be kept."
        raise AskedWrongly(problem, HINT)
    return found


def _listed(settings: Settings) -> Price | None:
    try:
        from genai_prices import Usage, calc_price
    except ImportError as error:
        raise MissingExtra("genai-prices", "write") from error
    usage = Usage(input_tokens=SAMPLE, output_tokens=SAMPLE)
    url = settings.base_url
    try:
        if url:
            found = calc_price(usage, settings.model, provider_api_url=url)
        else:
            found = calc_price(usage, settings.model, provider_id="openai")
    except LookupError:
        return None
    scale = 1_000_000 / SAMPLE
    return Price(float(found.input_price) * scale, float(found.output_price) * scale)
