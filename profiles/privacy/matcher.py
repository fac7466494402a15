"""Telling whether a text mentions a person, and taking them out of it.

Somebody with forty merged names has hundreds of ways to be named, and a regular expression of all of them takes
milliseconds for a text. Tokens say in microseconds which of the ways a text may have; only these are compared.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from typing import Final
from uuid import UUID

from profiles.privacy.person_patterns import ERASED, NOTHING, Part, Traits, redact
from profiles.privacy.tokens import tokens_of_part, tokens_of_profile, tokens_of_texts
from profiles.privacy.word_filter import WordFilter

NEVER: Final = re.compile(NOTHING)
# Texts that are remembered with what is left of them; more are only worked out again.
MOST_KNOWN: Final = 50_000


class Matcher:
    """By the person's traits and all their profiles."""

    def __init__(self, traits: Traits, ids: Iterable[UUID], seed: int) -> None:
        """`seed`: of the tokens (`tokens.seed_of`)."""
        self.ids = frozenset(ids)
        self._seed = seed
        self._service_ids = traits.service_ids
        self._names = [(tokens_of_part(part, seed), part) for part in traits.parts]
        self._service = [(tokens_of_part(part, seed), part) for part in traits.id_parts]
        self._profiles = [tokens_of_profile(one, seed) for one in self.ids]
        self.filter = WordFilter((*traits.parts, *traits.id_parts), self.ids)
        # One token of each part: most texts have none of them, and are done with.
        self._first = {next(iter(one)) for one, _ in (*self._names, *self._service)}
        self._surnames = re.compile(traits.surnames, re.IGNORECASE)
        # A JSON document, a text without the person. Rows of one event say the same, and the search has worked it out.
        self.redacted_json: Callable[[str], str] = lru_cache(MOST_KNOWN)(self._redacted_json)
        self.redacted_text: Callable[[str], str] = lru_cache(MOST_KNOWN)(self._redacted_text)
        self._compiled: dict[tuple[str, ...], re.Pattern[str]] = {}

    @property
    def looked_for(self) -> list[Collection[int]]:
        """What the index of texts is asked for: a text that mentions the person has all tokens of one of these."""
        tokens = {one for one, _ in (*self._names, *self._service)}
        return [*map(sorted, tokens), *self._profiles]

    def is_named(self, texts: Sequence[str | None], *, by_id: bool = False, by_surname: bool = False) -> bool:
        """Whether one of a row's texts names the person; `by_id`: also the id of a profile of theirs."""
        if by_surname and any(text and self._surnames.search(text) for text in texts):
            return True
        if not self.filter.may_name(texts):
            return False
        tokens = tokens_of_texts(texts, self._seed)
        if by_id and any(one <= tokens for one in self._profiles):
            return True
        if tokens.isdisjoint(self._first):
            return False
        patterns = (self._pattern(self._names, tokens), self._pattern(self._service, tokens))
        return any(text and pattern.search(text) for text in texts for pattern in patterns)

    def _redacted_json(self, text: str) -> str:
        """The very text where nothing is to be taken out."""
        held = json.loads(text)
        told = redact(
            held, self._pattern(self._names, tokens_of_texts([text], self._seed)), self._service_ids
        )
        return text if told == held else json.dumps(told)

    def _redacted_text(self, text: str) -> str:
        return self._pattern(self._names, tokens_of_texts([text], self._seed)).sub(ERASED, text)

    def _pattern(self, parts: Sequence[tuple[frozenset[int], Part]], tokens: set[int]) -> re.Pattern[str]:
        """Of those parts that the text with these tokens may have."""
        chosen = tuple(part.pattern for looked_for, part in parts if looked_for <= tokens)
        if not chosen:
            return NEVER
        if chosen not in self._compiled:
            self._compiled[chosen] = re.compile("|".join(chosen), re.IGNORECASE)
        return self._compiled[chosen]
