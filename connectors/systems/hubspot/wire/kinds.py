"""HubSpot's own association types that we name. Source: vendor sheet, section 6.2."""

from __future__ import annotations

# The plain ones need no id; of these a record has one only.
PRIMARY = {
    ("contacts", "companies"): 1,
    ("deals", "companies"): 5,
    ("orders", "companies"): 509,
}
DEFINED = "HUBSPOT_DEFINED"
