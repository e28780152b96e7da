"""What must be true of the papers of agreements; part of `rebates.books`."""

from accounts.invariants import Invariant

# The bytes of the files are looked at by `accounts.books_of_files`.
PAPERS = (
    Invariant(
        4,
        "each paper of an agreement is the file whose digest was promised with its terms",
        """
        SELECT version.id FROM rebates_agreementversion version
        CROSS JOIN LATERAL jsonb_array_elements(version.documents) AS paper
        LEFT JOIN accounts_file file
               ON file.tenant_id = version.tenant_id AND file.id::text = paper ->> 'file'
        WHERE file.digest IS DISTINCT FROM paper ->> 'digest' OR file.name <> paper ->> 'name'
        """,
    ),
)
