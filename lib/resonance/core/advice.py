"""What a user can do about rows that were cut, by the rule that cut them."""

from __future__ import annotations

ADVICE = {
    "missing_text": "set ingest.text_field to the field that holds the text",
    "missing_id": "set ingest.id_field to a field that every row has, or leave it out",
    "invalid_json": "give one JSON object a line",
    "too_long": "raise ingest.max_text_bytes",
    "superseded": "a later batch has their source and id; where that is another collection, give it an ingest.source of its own",
    "duplicate_key": "another row has their source and id; where each file counts its ids anew, set ingest.id_scope=file",
}
