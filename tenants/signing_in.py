"""Who gets in, and how often somebody may be wrong at the door: django-axes counts, this says for whom and how often.

Three counts over a quarter of an hour. An account from one address has few tries. An account from everywhere, and an
address for all accounts, have ten times as many: whoever spreads guesses is stopped as well, while nobody locks a
colleague out by a handful of wrong passwords from somewhere else.
"""

from typing import Any, Final

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tenants.models import User

# Of the counts in AXES_LOCKOUT_PARAMETERS, in their order.
WEIGHTS: Final = (1, 10, 10)
TOO_MANY_REQUESTS: Final = 429
MOST_ACCOUNTS: Final = 5


class PersonBackend(ModelBackend):
    """A user name or an e-mail address and the password; of several accounts with one address the password decides."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """The account that the password opens."""
        if not username or password is None:
            return None
        meant = Q(username=username) | (Q(email__iexact=username) & ~Q(email=""))
        accounts = list(User.objects.filter(meant).order_by("pk")[:MOST_ACCOUNTS])
        if not accounts:
            User().set_password(password)  # takes as long as a comparison
        for account in accounts:
            if account.check_password(password) and self.user_can_authenticate(account):
                return account
        return None


class Throttle(AxesDatabaseHandler):  # type: ignore[misc]  # the library has no types
    """The counts in the database, which all web programs share."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """The worst of the three counts, on the scale of the narrowest."""
        counts = self.get_user_attempts(request, credentials)
        return max(
            int(rows.aggregate(sum=Sum("failures_since_start"))["sum"] or 0) // weight
            for rows, weight in zip(counts, WEIGHTS, strict=True)
        )

    def reset_user_attempts(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """A right password forgives this account at this address only, or guessers would log in between guesses."""
        mine = self.filter_user_attempts(request, credentials)[0]
        count: int = AccessAttempt.objects.filter(pk__in=mine.values("pk")).delete()[0]
        return count


def locked_out(request: HttpRequest, response: HttpResponse, credentials: dict[str, Any]) -> HttpResponse:
    """What somebody sees who was wrong too often; the same whether there is such an account or not."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    page = render(request, "admin/locked_out.html", {"minutes": seconds // 60}, status=TOO_MANY_REQUESTS)
    page.headers["Retry-After"] = str(seconds)
    return page


def address_of(request: HttpRequest) -> str:
    """The caller's address, as the bridge found it; a header that the caller wrote says nothing."""
    address: str = request.META.get("REMOTE_ADDR", "")
    return address
