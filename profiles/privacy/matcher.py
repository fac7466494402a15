"""Telling whether a text mentions a person, and taking them out of it.

Somebody with forty merged names has hundreds of ways to be named, and a regular expression of all of them takes
milliseconds for a text. Its words, or its tokens where it has more than plain letters, say in microseconds which of
the ways a text may have; only these are compared. Each has a regular expression of its own, made once: texts have them
in thousands of combinations, and making one takes as long as comparing a hundred texts.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from typing import Final
from uuid import UUID

from profiles.privacy.person_patterns import ERASED, Part, Traits, redact
from profiles.privacy.spotting import Spelling, Spotter
from profiles.privacy.tokens import is_json, tokens_of_part, tokens_of_profile, tokens_of_texts
from profiles.privacy.word_filter import Known, WordFilter

# Texts that are remembered with what is left of them; more are only worked out again.
MOST_KNOWN: Final = 50_000


class Matcher:
    """By the person's traits and all their profiles."""

    def __init__(self, traits: Traits, ids: Iterable[UUID], seed: int) -> None:
        """`seed`: of the tokens (`tokens.seed_of`)."""
        self.ids = frozenset(ids)
        self._seed = seed
        self._service_ids = traits.service_ids
        parts, services = traits.parts, traits.id_parts
        self._names = frozenset(part for part in parts if not part.run_together)
        self._handles = frozenset(part for part in parts if part.run_together)
        self._services = frozenset(services)
        self._tokens: dict[Known, Collection[int]] = {
            **{part: tokens_of_part(part, seed) for part in (*parts, *services)},
            **{one: tokens_of_profile(one, seed) for one in self.ids},
        }
        self.filter = WordFilter((*parts, *services), self.ids)
        # Each under one of its tokens: most texts have none of these, and are done with.
        self._by_token: dict[int, list[Known]] = defaultdict(list)
        for known, tokens in self._tokens.items():
            self._by_token[next(iter(tokens))].append(known)
        self._surnames = re.compile(traits.surnames, re.IGNORECASE)
        # A JSON document, a text without the person. Rows of one event say the same, and the search has worked it out.
        self.redacted_json: Callable[[str], str] = lru_cache(MOST_KNOWN)(self._redacted_json)
        self.redacted_text: Callable[[str], str] = lru_cache(MOST_KNOWN)(self._redacted_text)
        self._spelling = lru_cache(None)(Spelling)
        # What texts said, as tokens.
        self._said: dict[str, frozenset[int]] = {}

    @property
    def looked_for(self) -> list[Collection[int]]:
        """What the index of texts is asked for: a text that mentions the person has all tokens of one of these."""
        return [sorted(tokens) for tokens in {frozenset(one) for one in self._tokens.values()}]

    def is_named(self, texts: Sequence[str | None], *, by_id: bool = False, by_surname: bool = False) -> bool:
        """Whether one of a row's texts names the person; `by_id`: also the id of a profile of theirs."""
        if by_surname and any(text and self._surnames.search(text) for text in texts):
            return True
        known = self._known_in(texts)
        if not known:
            return False
        if by_id and not self.ids.isdisjoint(known):
            return True
        spotter, service = self._spotter(known), self._spellings(self._services, known)
        return any(
            text
            and (
                spotter.is_in(text)
                or (is_json(text) and any(True for one in service for _ in one.find(text)))
            )
            for text in texts
        )

    def _known_in(self, texts: Sequence[str | None]) -> Collection[Known]:
        """By what these texts may name the person; whatever is not among it does not stand there."""
        known = self.filter.may_name(texts)
        if known is not None:
            return known
        if len(self._said) > MOST_KNOWN:
            self._said.clear()
        tokens = tokens_of_texts(texts, self._seed, self._said)
        return {
            one
            for token in self._by_token.keys() & tokens
            for one in self._by_token[token]
            if tokens.issuperset(self._tokens[one])
        }

    def _redacted_json(self, text: str) -> str:
        """The very text where nothing is to be taken out."""
        held = json.loads(text)
        told = redact(held, self._spotter(self._known_in([text])), self._service_ids)
        return text if told == held else json.dumps(told)

    def _redacted_text(self, text: str) -> str:
        return self._spotter(self._known_in([text])).without(text, ERASED)

    def _spotter(self, known: Collection[Known]) -> Spotter:
        return Spotter(self._spellings(self._names, known), self._spellings(self._handles, known))

    def _spellings(self, parts: frozenset[Part], known: Collection[Known]) -> list[Spelling]:
        """Of those parts that a text may have."""
        return [
            self._spelling(one.pattern, one.ascii_pattern)
            for one in known
            if isinstance(one, Part) and one in parts
        ]
