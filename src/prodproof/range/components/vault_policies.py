"""What each login of the range's Vault may do: policies with `{mount}`, `{folder}` and `{environment}` left open."""

SERVICE_POLICY = """\
path "{mount}/data/{folder}/{environment}/*" {{
  capabilities = ["read"]
}}
"""

ROTATION_POLICY = """\
# Writes one secret, and the note that lies beside it while it is rotated.
path "{mount}/data/{folder}/production/database" {{ capabilities = ["create", "read", "update"] }}
path "{mount}/data/{folder}/production/database.prodproof-rotation" {{ capabilities = ["create", "read", "update"] }}
path "{mount}/metadata/{folder}/production/database.prodproof-rotation" {{ capabilities = ["delete"] }}
"""

READER_POLICY = """\
# What prodproof looks at: the shop's secrets, their dates, and how Vault is set up. It changes nothing.
path "{mount}/data/{folder}/*" {{ capabilities = ["read"] }}
path "{mount}/subkeys/{folder}/*" {{ capabilities = ["read"] }}
path "{mount}/metadata/*" {{ capabilities = ["read", "list"] }}
path "sys/audit" {{ capabilities = ["read", "sudo"] }}
path "sys/auth" {{ capabilities = ["read"] }}
path "sys/config/state/sanitized" {{ capabilities = ["read"] }}
path "auth/token/accessors" {{ capabilities = ["list", "sudo"] }}
path "auth/token/lookup-accessor" {{ capabilities = ["update"] }}
path "sys/policies/acl/*" {{ capabilities = ["read", "list"] }}
path "auth/approle/role" {{ capabilities = ["list"] }}
path "auth/approle/role/+" {{ capabilities = ["read"] }}
path "auth/approle/role/+/role-id" {{ capabilities = ["read"] }}
path "identity/entity/name/*" {{ capabilities = ["read", "list"] }}
"""
