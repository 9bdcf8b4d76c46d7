"""Identifiers of incidents as 128 bits each, so that a million of them stay small."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["identity_words"]


def identity_words(texts: pa.StringArray, *, scope: str) -> npt.NDArray[np.uint64]:
    """Return two words for each identifier, shape (rows, 2); zero where it is blank.

    Identifiers of data.police.uk are 64 hexadecimal digits of a hash already: their first 32
    digits are taken. Any other text is hashed, with `scope` before it, so that equal numbers
    of two forces stay apart.
    """
    trimmed = pc.utf8_trim_whitespace(texts)
    words = np.zeros((len(trimmed), 2), dtype=np.uint64)
    hashed = np.zeros(len(trimmed), dtype=bool)
    if not scope:
        hashed = pc.match_substring_regex(trimmed, "^[0-9a-f]{64}$").to_numpy(zero_copy_only=False)
    if hashed.any():
        digits = pc.utf8_slice_codeunits(trimmed.filter(pa.array(hashed)), 0, 32).to_pylist()
        words[hashed] = np.frombuffer(bytes.fromhex("".join(digits)), dtype=">u8").reshape(-1, 2)
    blank = pc.equal(trimmed, "").to_numpy(zero_copy_only=False)
    other = np.flatnonzero(~hashed & ~blank)
    if len(other):
        digests = b"".join(
            blake2b(f"{scope}{text}".encode(), digest_size=16).digest()
            for text in trimmed.take(pa.array(other)).to_pylist()
        )
        words[other] = np.frombuffer(digests, dtype=">u8").reshape(-1, 2)
    return words
