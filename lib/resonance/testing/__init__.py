"""Public helpers for tests: a catalog in memory, a tiny corpus, frames, what queries read."""

from resonance.testing.frames import documents_frame, events_frame, tiny_corpus
from resonance.testing.memory import MemoryCatalog, folder_catalog, hold
from resonance.testing.scans import ScanCounter, find_scans

__all__ = ["MemoryCatalog", "ScanCounter", "documents_frame", "events_frame", "find_scans", "folder_catalog", "hold", "tiny_corpus"]
