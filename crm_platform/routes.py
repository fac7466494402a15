"""Routes of the API, found by their first word.

Django tries one route after the other, an app after the other: fifty regular expressions for the last, and a third of
what a look-up by key costs altogether.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.urls import ResolverMatch, URLPattern, URLResolver
from django.urls.resolvers import RoutePattern
from django.utils.functional import cached_property


class RoutesByWord(URLResolver):
    """Routes below a prefix that all begin with a word (`customers/…`); tried in their order, as Django does."""

    def __init__(self, prefix: str, routes: Iterable[URLPattern]) -> None:
        super().__init__(RoutePattern(prefix), list(routes))
        self._prefix = prefix

    @cached_property
    def _by_word(self) -> dict[str, list[URLPattern]]:
        """Raises ValueError for a route that would not be found."""
        found = defaultdict(list)
        for route in self.url_patterns:
            word = str(route.pattern).partition("/")[0]
            if not isinstance(route, URLPattern) or not word or "<" in word:
                raise ValueError(f"The route {self._prefix}{route.pattern} does not begin with a word.")
            found[word].append(route)
        return dict(found)

    def resolve(self, path: Any) -> ResolverMatch:
        """The route of a path; raises Resolver404."""
        text = str(path)
        if not text.startswith(self._prefix):
            return super().resolve(path)
        rest = text[len(self._prefix) :]
        for route in self._by_word.get(rest.partition("/")[0], ()):
            match = route.resolve(rest)
            if match is not None:
                return match
        return super().resolve(path)
