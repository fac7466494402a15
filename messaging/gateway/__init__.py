"""The way to the Messaging service: the contract of docs/messaging-api.yaml over HTTP."""

from messaging.gateway.client import Gateway, Outage, Refused, Unclear, gateway

__all__ = ["Gateway", "Outage", "Refused", "Unclear", "gateway"]
