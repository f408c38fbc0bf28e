"""HTTP between the processes of one machine."""

import ssl

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""What a client of httpx that is never asked for https verifies with: it trusts nobody. By default each client loads
every root certificate that there is, which takes 50 ms of processor time."""
