"""A stand-in of the Messaging service: the contract of docs/messaging-api.yaml over real HTTP. Knows no Django."""
