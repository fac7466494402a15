"""What every door asks after the envelope: whose event it is."""

from uuid import UUID

from events.envelope import Envelope
from events.refusals import EnvelopeRefused, Refusal
from tenants.directory import find_tenant


def tenant_of(envelope: Envelope) -> UUID:
    """The id of the tenant that an envelope names; raises EnvelopeRefused when nobody knows it."""
    tenant = find_tenant(envelope.tenant_key)
    if tenant is None:
        message = "tenantId names no club that is known here; it must be a UUID, slug or slug alias."
        raise EnvelopeRefused(Refusal.UNKNOWN_TENANT, message, "tenantId")
    return tenant.pk
