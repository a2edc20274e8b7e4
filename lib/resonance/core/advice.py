"""What a user can do about rows that were cut, by the rule that cut them."""

from __future__ import annotations

ADVICE = {
    "missing_text": "set ingest.text_field to the field that holds the text",
    "missing_id": "set ingest.id_field to a field that every row has, or leave it out",
    "invalid_json": "give one JSON object a line",
    "invalid_utf8": "JSON is read in UTF-8, UTF-16 and GB18030; convert other files first, as by iconv -f LATIN1 -t UTF-8",
    "no_text": "pages need words beside menus, and scans a reading by OCR",
    "encrypted": "open it with its password and save it without one",
    "invalid_csv": "put quotes around values that hold quotes, and double those",
    "missing_prompt": "an example needs a question; see task.form and task.fields for the names of its fields",
    "too_long": "raise ingest.max_text_bytes",
    "superseded": "a later batch has their source and id; where that is another collection, give it an ingest.source of its own",
    "duplicate_key": "another row has their source and id; where each file counts its ids anew, set ingest.id_scope=file",
}
NOTHING_HELD_OUT = "nothing is held out: no round can be judged; add documents, or raise rebalance.heldout_share"
