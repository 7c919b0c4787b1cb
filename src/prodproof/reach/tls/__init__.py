"""TLS: what an endpoint accepts and the certificate that it shows."""
