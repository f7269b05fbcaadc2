"""The ledger of a device: the chain of its lines, and the evidence file that carries it elsewhere."""

from clockhouse_sync.ledger.chain import (
    Finding,
    Known,
    Report,
    Stored,
    beside_hash,
    gives,
    line_hash,
    link,
    verify,
)
from clockhouse_sync.ledger.evidence_file import (
    BUFFER,
    Export,
    read_damaged_export,
    read_export,
    verify_evidence,
    verify_export,
    write_export,
)
from clockhouse_sync.ledger.vouching import Expected, expected_keys

__all__ = [
    "BUFFER",
    "Expected",
    "Export",
    "Finding",
    "Known",
    "Report",
    "Stored",
    "beside_hash",
    "expected_keys",
    "gives",
    "line_hash",
    "link",
    "read_damaged_export",
    "read_export",
    "verify",
    "verify_evidence",
    "verify_export",
    "write_export",
]
