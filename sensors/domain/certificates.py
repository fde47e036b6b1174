"""Certificates of machines that speak to one another without an authority above them: made, named and recognised.

As OPC UA wants them (Part 6, 6.2): RSA 2048 with SHA-256, the application's URI among the names. What people compare is the
thumbprint, SHA-1 of the certificate (Part 6, 3.1), forty hexadecimal digits.
"""

import hashlib
import re
from datetime import datetime, timedelta

# The x509 of ``cryptography`` is imported where it is used: it would be a fourteenth of every process's start.

YEARS = 20
"""Whoever trusts it has to be told of a new one by hand."""


def make(name: str, uri: str, host: str, at: datetime) -> bytes:
    """A key and a certificate that vouches for itself, as PEM. ``uri``: the application's. Valid from the day before ``at`` on."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(uri), x509.DNSName(host)]
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=True, data_encipherment=True, key_agreement=False,
        key_cert_sign=True, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    made = (
        x509.CertificateBuilder().subject_name(called).issuer_name(called).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1)).not_valid_after(at + timedelta(days=365 * YEARS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    own = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return own + made.public_bytes(Encoding.PEM)


def certificate_in(pem: bytes) -> bytes:
    """The certificate (DER) in what :func:`make` gave; ValueError where there is none."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


def uri_in(pem: bytes) -> str:
    """The application's URI that the certificate names."""
    from cryptography import x509

    names = x509.load_pem_x509_certificate(pem).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    return names.value.get_values_for_type(x509.UniformResourceIdentifier)[0]


def first_of(chain: bytes) -> bytes:
    """The first certificate (DER) of what may be a chain of them: it says its own length."""
    return chain[: int.from_bytes(chain[2:4]) + 4]


def thumbprint(certificate: bytes) -> str:
    """What people compare: SHA-1 of the DER octets, forty hexadecimal digits."""
    return hashlib.sha1(certificate, usedforsecurity=False).hexdigest().upper()


def plain(typed: str) -> str | None:
    """A thumbprint as :func:`thumbprint` writes it, however it was typed in; None where it is none."""
    digits = re.sub(r"[\s:\u200e-]", "", typed).upper()
    return digits if re.fullmatch(r"[0-9A-F]{40}", digits) else None
