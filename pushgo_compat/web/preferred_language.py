"""``Accept-Language``: English or Chinese."""

from __future__ import annotations


def prefers_chinese(accept_language: str) -> bool:
    """Whether an Accept-Language header ranks Chinese above English.

    Any kind of Chinese counts. Of equal weights the first named wins (RFC 9110,
    section 12.5.4 leaves that open); a weight that cannot be read counts as 0.
    """
    weights = {"en": 0.0, "zh": 0.0}
    for entry in accept_language.split(","):
        tag, _, parameters = entry.partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in weights:
            # Later than an equal one: a hair less.
            weight = _weight(parameters) - 1e-6 * (max(weights.values()) > 0)
            weights[language] = max(weights[language], weight)
    return weights["zh"] > weights["en"]


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
