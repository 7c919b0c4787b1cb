"""The host names in a certificate that a server sent; hostile bytes in, names or nothing out."""

from cryptography import x509

MAX_NAMES = 100
MAX_SIZE = 256 * 1024


def names_in(certificate: bytes) -> tuple[str, ...]:
    """Subject alternative DNS names, lower case, without wildcards; empty for what cannot be read."""
    if len(certificate) > MAX_SIZE:
        return ()
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        extension = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names = extension.value.get_values_for_type(x509.DNSName)
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return ()
    plain = (name.lower().rstrip(".") for name in names[:MAX_NAMES])
    return tuple(
        sorted({name for name in plain if not name.startswith("*.") and name.isascii() and name.isprintable()})
    )
