"""Merging two records into one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.sandbox.hubspot.crm.records import Record, RecordStore
from connectors.sandbox.hubspot.crm.writes import Plan, Writer

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.crm.portal import Portal


def merged(
    portal: Portal, store: RecordStore, writer: Writer, primary: Record, other: Record
) -> Record:
    """The survivor: the primary's values win, the other's fill the gaps.

    Old ids lead to the survivor when read, and vanish from batch answers.
    """
    kind = store.object_type.name
    gaps = {name: v for name, v in other.props.items() if not primary.props.get(name)}
    gaps["hs_merged_object_ids"] = ";".join(
        part
        for part in (primary.props.get("hs_merged_object_ids"), primary.id, other.id)
        if part
    )
    emails = [
        other.props.get("email", ""),
        primary.props.get("hs_additional_emails", ""),
    ]
    if any(emails):
        gaps["hs_additional_emails"] = ";".join(one for one in emails if one)
    writer.internal = True
    store.archive(other, writer.stamp, told=False)
    if not portal.config.merge_new_id:
        writer.apply(Plan(primary, gaps))
        survivor, gone = primary, [other]
    else:
        store.archive(primary, writer.stamp, told=False)
        survivor, _ = writer.apply(Plan(None, {**primary.props, **gaps}))
        gone = [primary, other]
    for one in gone:
        one.merged_into = survivor
        portal.links.move(kind, one.id, survivor.id)
    if store.watch:
        store.watch.merged(store, survivor, (primary, other), writer.stamp)
    return survivor
