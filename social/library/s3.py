"""The little of S3 that the library needs: put, get, delete, and addresses signed for a while (Signature Version 4).

Path style addresses (`/bucket/key`), which every service that speaks S3 knows. The rules of signing are Amazon's
"Authenticating Requests (AWS Signature Version 4)"; its published example stands in the tests.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final
from urllib.parse import quote, urlsplit

import requests
from django.utils import timezone

from tenants.errors import DomainError

ALGORITHM: Final = "AWS4-HMAC-SHA256"
SERVICE: Final = "s3"
UNSIGNED: Final = "UNSIGNED-PAYLOAD"
# Amazon signs for no longer.
LONGEST_LIFE: Final = timedelta(days=7)
CONNECT_SECONDS, READ_SECONDS = 5.0, 120.0
MOST_TRIES: Final = 3
FIRST_ERROR, NOT_FOUND, SERVER_ERROR = 400, 404, 500


class BucketFailed(DomainError):
    """The bucket did not do it; the message says why, without any key."""

    code = "STORAGE_AWAY"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs requests with the secret key."""

    region: str
    access_key: str
    secret_key: str

    def scope(self, now: datetime) -> str:
        """What a signature is good for: a day, a region, the service."""
        return f"{now:%Y%m%d}/{self.region}/{SERVICE}/aws4_request"

    def sign(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        payload: str,
        now: datetime,
    ) -> str:
        """The signature of a request; `path` is quoted already, `payload` the hash of its body."""
        names = sorted(name.lower() for name in headers)
        lower = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
        canonical = "\n".join(
            [
                method,
                path,
                query_of(query),
                *(f"{name}:{lower[name]}" for name in names),
                "",
                ";".join(names),
                payload,
            ]
        )
        what = "\n".join([ALGORITHM, moment(now), self.scope(now), sha256(canonical.encode()).hexdigest()])
        key = f"AWS4{self.secret_key}".encode()
        for part in self.scope(now).split("/"):
            key = hmac.digest(key, part.encode(), sha256)
        return hmac.new(key, what.encode(), sha256).hexdigest()

    def authorization(
        self, method: str, path: str, headers: Mapping[str, str], payload: str, now: datetime
    ) -> str:
        """The header of a signed request."""
        names = ";".join(sorted(name.lower() for name in headers))
        signature = self.sign(method, path, query={}, headers=headers, payload=payload, now=now)
        credential = f"{self.access_key}/{self.scope(now)}"
        return f"{ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"

    def signed_query(self, path: str, host: str, *, life: timedelta, now: datetime) -> str:
        """The query of an address that anybody may GET until `life` is over."""
        query = {
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{self.access_key}/{self.scope(now)}",
            "X-Amz-Date": moment(now),
            "X-Amz-Expires": str(int(min(life, LONGEST_LIFE).total_seconds())),
            "X-Amz-SignedHeaders": "host",
        }
        signature = self.sign("GET", path, query=query, headers={"host": host}, payload=UNSIGNED, now=now)
        return f"{query_of(query)}&X-Amz-Signature={signature}"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket: `url` is where we reach the service, `public_url` where others do."""

    url: str
    public_url: str
    name: str
    region: str
    access_key: str
    secret_key: str

    def put(self, key: str, content: bytes, content_type: str) -> None:
        """Write an object; writing the same twice is no harm, so it is tried again. Raises BucketFailed."""
        self._call("PUT", key, content, {"Content-Type": content_type})

    def get(self, key: str) -> bytes | None:
        """An object, None where there is none. Raises BucketFailed."""
        answer = self._call("GET", key)
        return None if answer.status_code == NOT_FOUND else answer.content

    def delete(self, key: str) -> None:
        """Delete an object; one that is gone is as good. Raises BucketFailed."""
        self._call("DELETE", key)

    def signed_url(self, key: str, *, life: timedelta) -> str:
        """An address that opens one object until it expires."""
        parts, path = urlsplit(self.public_url), self._path(self.public_url, key)
        query = self._signer.signed_query(path, parts.netloc, life=life, now=timezone.now())
        return f"{parts.scheme}://{parts.netloc}{path}?{query}"

    @property
    def _signer(self) -> Signer:
        return Signer(self.region, self.access_key, self.secret_key)

    def _path(self, url: str, key: str) -> str:
        return quote(f"{urlsplit(url).path.rstrip('/')}/{self.name}/{key}", safe="/-_.~")

    def _call(self, method: str, key: str, content: bytes = b"", headers: Mapping[str, str] | None = None
              ) -> requests.Response:  # fmt: skip
        parts, path = urlsplit(self.url), self._path(self.url, key)
        failure = ""
        for _ in range(MOST_TRIES):
            now, payload = timezone.now(), sha256(content).hexdigest()
            signed = {"host": parts.netloc, "x-amz-date": moment(now), "x-amz-content-sha256": payload}
            login = self._signer.authorization(method, path, signed, payload, now)
            try:
                answer = requests.request(
                    method,
                    f"{parts.scheme}://{parts.netloc}{path}",
                    data=content or None,
                    headers={**signed, **(headers or {}), "Authorization": login},
                    timeout=(CONNECT_SECONDS, READ_SECONDS),
                    allow_redirects=False,
                )
            except requests.RequestException as error:
                failure = type(error).__name__
                continue
            if answer.status_code < FIRST_ERROR or (answer.status_code == NOT_FOUND and method != "PUT"):
                return answer
            failure = f"status {answer.status_code}"
            if answer.status_code < SERVER_ERROR:
                break
        raise BucketFailed(f"The storage of media did not do {method}: {failure}.")


def moment(now: datetime) -> str:
    """A time as signatures have it."""
    return now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def query_of(values: Mapping[str, str]) -> str:
    """A query in the canonical order and quoting."""
    return "&".join(
        f"{quote(name, safe='-_.~')}={quote(values[name], safe='-_.~')}" for name in sorted(values)
    )
