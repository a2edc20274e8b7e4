"""Byte-level BPE: trained once, then a file whose hash each checkpoint names.

Byte-level BPE: Radford et al., "Language Models are Unsupervised Multitask Learners" (2019), section 2.2. No text is
foreign to it, and decoding gives every byte back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from resonance.core.errors import TrainError
from resonance.core.objects import open_bytes
from resonance.core.places import LocalFiles
from resonance.train.shards import read_shards

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TOKENIZER = "tokenizer.json"
MARKS = 2
"""Ids at the end of the vocabulary that no text can spell: start and end of a document."""

Tokens = NDArray[np.int32]
Messages = Sequence[Mapping[str, str]]


class Codec:
    """Texts as tokens.

    Args:
        path: the tokenizer's file.
        start: mark before a text. The marks of a tokenizer that was learnt here stand outside its file: no text can imitate them.
        end: mark behind it.
        blank: what stands where nothing does.
        folder: where a pretrained tokenizer lies, which may have a chat template.
    """

    def __init__(self, path: Path, *, start: int, end: int, blank: int, folder: Path | None = None) -> None:
        from tokenizers import Tokenizer

        self._tokenizer: Tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._folder = folder
        self.start, self.end, self.blank = start, end, blank

    @classmethod
    def learnt(cls, path: Path, vocabulary: int) -> Codec:
        """The codec of a tokenizer that was learnt here."""
        return cls(path, start=vocabulary - 2, end=vocabulary - 1, blank=vocabulary - 2)

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        """The tokens of each text, with the end mark and without the start mark."""
        found = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [np.array([*encoding.ids, self.end], dtype=np.int32) for encoding in found]

    def framed(self, texts: Sequence[str]) -> list[Tokens]:
        """The tokens of each text as its tokenizer frames one for a head to read; one that was learnt here sets the end mark."""
        if self._folder is None:
            return self.encode(texts)
        found = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=True)
        return [np.array(encoding.ids or [self.end], dtype=np.int32) for encoding in found]

    def prompts(self, conversations: Sequence[Messages], template: str) -> list[Tokens]:
        """The tokens of each conversation up to where the answer begins: role and text of each message on lines of their own.

        Raises:
            TrainError: ``template`` asks for the tokenizer's own, which it has not, or which is broken or refuses these messages.
        """
        tell = self._chat if template == "tokenizer" else _plain
        said = [tell(messages) for messages in conversations]
        found = self._tokenizer.encode_batch_fast(said, add_special_tokens=False)
        return [np.array(encoding.ids, dtype=np.int32) for encoding in found]

    @cached_property
    def _chat(self) -> Callable[[Messages], str]:
        """What tells a conversation by the tokenizer's own template."""
        from jinja2 import TemplateError
        from transformers import AutoTokenizer

        held = None if self._folder is None else AutoTokenizer.from_pretrained(self._folder, local_files_only=True)
        if held is None or not held.chat_template:
            raise TrainError("task.template tokenizer: this tokenizer has no chat template; set task.template to plain")

        def tell(messages: Messages) -> str:
            given = [dict(message) for message in messages]
            try:
                return str(held.apply_chat_template(given, tokenize=False, add_generation_prompt=True))
            except (TemplateError, TypeError, ValueError) as error:  # what Python says of a broken template comes as it is
                raise TrainError(
                    f"task.template tokenizer: the chat template in {self._folder} fails: {error}; "
                    "change the template or the prompts, or set task.template to plain"
                ) from error

        return tell


def _plain(messages: Messages) -> str:
    return "".join(f"{one['role']}:\n{one['content']}\n" for one in messages) + "assistant:\n"


def learn(texts: Iterable[str], vocabulary: int, path: Path) -> None:
    """Leave at ``path`` a tokenizer of at most ``vocabulary`` ids, marks included; equal texts in any order give an equal file."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - MARKS,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        special_tokens=[],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    LocalFiles(path.parent).put(path.name, tokenizer.to_str().encode())


def texts_of(shards: str, most_bytes: int) -> Iterator[str]:
    """The texts of shards, one shard after another, as far as ``most_bytes`` of UTF-8 go."""
    left = most_bytes
    for batch in read_shards(shards, ["text"]):
        for text in batch.column(0).to_pylist():
            left -= len(text.encode())
            if left < 0:
                return
            yield text


def fingerprint(file: Path | str) -> str:
    """The sha256 of the tokenizer's file, by its path or address."""
    with open_bytes(str(file)) as held:
        return hashlib.file_digest(held, "sha256").hexdigest()
