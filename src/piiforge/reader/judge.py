"""Finds, and reads the policy on what was found.

>>> judge(find("ssn=000-12-3456", "ssn"))   # area 000 is never issued
False
>>> [finding.reason for finding in find("my card 4111 1111 1111 1111", "credit_card")]
['placeholder']
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from piiforge.errors import UnknownName
from piiforge.reader.decode import peel, spoken_addresses
from piiforge.reader.finders import FINDERS, finder_for, in_place
from piiforge.reader.records import Finding, Reading, joined_how
from piiforge.reader.split import joined
from piiforge.reader.spoken import spoken_numbers
from piiforge.types import Cue

_CUE_ORDER = (Cue.CONFIRM, Cue.NEUTRAL, Cue.OTHER, Cue.MISLEADING, Cue.VETO, Cue.NONE)


def find(content: str, category: str) -> list[Finding]:
    """Return every candidate for a value of `category` in a content, best first.

    Raises:
        UnknownName: there is no such category.
    """
    if category not in FINDERS:
        raise UnknownName("category", category, FINDERS)
    settled = peel(content)[-1]
    found: dict[str, Finding] = {}
    for reading in _readings(settled, category):
        finder = finder_for(reading.text, category)
        if finder is not None:
            _keep_best(found, finder(reading))
    settled_it = category != "member_id" and any(map(sensitive, found.values()))
    if not settled_it and category != "bank_account":  # half a member id may be one itself
        wholes = list(_split(settled, category))
        for key in [key for key, one in found.items() if any(_part_of(one, two) for two in wholes)]:
            del found[key]
        _keep_best(found, wholes)
    return sorted(found.values(), key=_rank)


def judge(
    findings: Iterable[Finding], *, partial_mask: bool = True, role_mailbox: bool = True
) -> bool:
    """Whether the findings hold a sensitive value of the category they were asked for."""
    return any(
        sensitive(finding)
        and (partial_mask or finding.reason != "partial_mask")
        and (role_mailbox or finding.reason != "role")
        for finding in findings
    )


def sensitive(finding: Finding) -> bool:
    """Whether one finding is a sensitive value: valid, and named by its cue or its form."""
    if not finding.valid:
        return False
    if "base64" in finding.reading:
        return finding.cue is Cue.CONFIRM
    if finding.category == "email":
        return True
    if finding.cue is Cue.NEUTRAL:
        return finding.telling
    return finding.cue is Cue.CONFIRM


def _readings(settled: Reading, category: str) -> Iterator[Reading]:
    """Yield the readings that may show more of `category` than the settled text does."""
    yield settled
    if category == "email":
        address = spoken_addresses(settled.text)
        if address != settled.text:
            yield Reading(address, joined_how(settled.how, "address"))
    else:
        yield from spoken_numbers(settled)


def _split(settled: Reading, category: str) -> Iterator[Finding]:
    """Yield what two or three adjacent fields make together, where their keys say so."""
    how = joined_how(settled.how, "split")
    for group in joined(settled.text, category):
        keys = " ".join(group.keys) + "="
        reading = Reading(keys + group.text, how)
        for finding in FINDERS[category](reading):
            all_of_it = finding.snippet_end == len(reading.text)
            if all_of_it and finding.snippet_start - len(keys) <= 1:  # a + or a bracket before
                whole = replace(
                    finding, cue=group.cue, snippet_start=group.start, snippet_end=group.end
                )
                yield in_place(whole, settled.text)


def _part_of(half: Finding, whole: Finding) -> bool:
    """Whether a finding is only a half of a value written over two fields."""
    inside = whole.snippet_start <= half.snippet_start and half.snippet_end <= whole.snippet_end
    checked = half.valid and half.category in {"credit_card", "email"}
    return (
        inside and half.key != whole.key and half.key in whole.key and not checked and whole.valid
    )


def _keep_best(found: dict[str, Finding], more: Iterable[Finding]) -> None:
    for finding in more:
        known = found.get(finding.key)
        if known is None or _rank(finding) < _rank(known):
            found[finding.key] = finding


def _rank(finding: Finding) -> tuple[bool, bool, int, bool, int, int]:
    return (
        not sensitive(finding),
        not finding.valid,
        _CUE_ORDER.index(finding.cue),
        not finding.telling,
        -len(finding.key),
        finding.snippet_start,
    )
