"""What a reading of incidents adds up to."""

from __future__ import annotations

from spatial.incidents import Incidents


def totals(incidents: Incidents) -> dict[str, int]:
    """Rows by reason, without the reasons that have none."""
    return {reason: rows for reason, rows in incidents.ledger.totals().items() if rows}
