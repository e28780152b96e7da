"""What must be true of files that people handed in; part of `accounts.books`."""

from accounts.invariants import Invariant

FILES = (
    Invariant(
        4,
        "every file has the bytes that were handed in, by their digest",
        """
        SELECT file.id FROM accounts_file file
        LEFT JOIN accounts_filecontent kept
               ON kept.tenant_id = file.tenant_id AND kept.file_id = file.id
        WHERE (encode(sha256(kept.content), 'hex') = file.digest
               AND octet_length(kept.content) = file.size) IS NOT TRUE
        """,
        stops_payouts=False,
    ),
)
