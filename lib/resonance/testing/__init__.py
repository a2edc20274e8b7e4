"""Public helpers for tests: a catalog in memory, a tiny corpus, frames."""

from resonance.testing.frames import documents_frame, events_frame, tiny_corpus
from resonance.testing.memory import MemoryCatalog, folder_catalog, hold

__all__ = ["MemoryCatalog", "documents_frame", "events_frame", "folder_catalog", "hold", "tiny_corpus"]
