"""A local RSA key that stands in for the identity provider on a developer's machine.

Made on first use under `CRM_KEY_DIR`, readable by its owner only; used where `CRM_JWT_JWKS` is not set.
"""

import json
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

from tenants.own_secrets import write_once

KEY_BITS = 2048
KEY_ID = "development"


def private_key_path() -> Path:
    """Where the private key is kept (PEM)."""
    return Path(settings.CRM_KEY_DIR) / "development-key.pem"


def jwks_path() -> Path:
    """Where the public key is published to this installation's own processes."""
    return Path(settings.CRM_KEY_DIR) / "jwks.json"


def development_key() -> rsa.RSAPrivateKey:
    """The local signing key; the first call makes it, and whoever comes second uses the first one's."""
    path = private_key_path()
    if not path.exists():
        write_once(path, _new_key_pem())
    # Our own file: the mathematical check of a stranger's key would take 90 ms.
    key = serialization.load_pem_private_key(
        path.read_bytes(), password=None, unsafe_skip_rsa_key_validation=True
    )
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{path} holds no RSA key; delete it and a new one is made.")
    if not jwks_path().exists():
        write_once(jwks_path(), public_jwks(key, KEY_ID))
    return key


def public_jwks(key: rsa.RSAPrivateKey, kid: str) -> bytes:
    """The JWKS document that publishes the key's public half."""
    entry = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    entry.update(kid=kid, use="sig", alg="RS256")
    entry.pop("key_ops", None)
    return json.dumps({"keys": [entry]}, indent=1).encode()


def _new_key_pem() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
