"""The door to the Messaging service: send ledger, gateway, consent mirror, segment sync, sandbox."""
