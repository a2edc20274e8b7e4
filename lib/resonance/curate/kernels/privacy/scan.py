"""The scan for what names a person or opens a door, compiled: it reads a table of states where something may begin."""

from __future__ import annotations

import numpy as np
from numba import types

from resonance.curate.kernels.privacy.assignment_kernel import assignment
from resonance.curate.kernels.privacy.codes import BEHIND, CHECKS, FENCES, GROUPED, JOINED, NEAR, START
from resonance.curate.kernels.privacy.leads import FLAGS, UNLED_GROUPS, mark_leads
from resonance.curate.kernels.privacy.numbers_kernel import (
    card,
    cn_id,
    count_digits,
    credit_code,
    heads_section,
    in_account,
    ipv4,
    ipv6,
    is_digit,
    is_sign,
    is_small,
    landline,
    mobile,
    phone,
    said_phone,
)
from resonance.curate.kernels.privacy.widen_kernel import widen
from resonance.curate.kernels.privacy.words_kernel import LONGS, block, email, key, passport, secret, weigh_words
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, POSITIONS

INT = types.int64
LONG_ROWS = types.Array(types.int64, 2, "C", readonly=True)
BYTE_ROWS = types.Array(types.uint8, 2, "C", readonly=True)
SHORT_ROWS = types.Array(types.uint16, 2, "C", readonly=True)
INTS = types.Array(types.int32, 1, "C", readonly=True)
TABLES = types.Tuple(  # type: ignore[no-untyped-call]
    (SHORT_ROWS, BYTE_ROWS, INTS, INTS, BYTES, LONG_ROWS, BYTE_ROWS, LONGS, LONG_ROWS, LONGS, BYTE_ROWS, BYTES, LONGS, LONGS)
)
"""The fields of ``tables.Tables``, in their order."""
ROOM = types.UniTuple(POSITIONS, 3)  # type: ignore[no-untyped-call]
"""Zeros for the ends of patterns, zeros for the counts of bytes, and the ends and number of what was found."""
_UNLED, _NEAR, _START, _DOT, _MINUS, _ZERO = UNLED_GROUPS, NEAR, START, ord("."), ord("-"), ord("0")
_DOTTED = FENCES.index("dotted")
_BEHIND = np.array([name in BEHIND for name in FENCES], np.uint8)
_JOINED = np.array([name in JOINED for name in FENCES], np.uint8)
_GROUPED = np.array([name in GROUPED for name in CHECKS], np.uint8)
(
    _CN_ID,
    _CREDIT,
    _CARD,
    _MOBILE,
    _LANDLINE,
    _PHONE,
    _IPV4,
    _IPV6,
    _PLATE,
    _SECRET,
    _EMAIL,
    _PASSPORT,
    _SAID,
    _ASSIGNED,
    _KEY,
    _BLOCK,
) = range(1, len(CHECKS))


@compiled(types.boolean(BYTES, INT, INT, INT, BYTE_ROWS))
def may_end(data, at, stop, fence, fences):  # type: ignore[no-untyped-def]
    """Whether a value may end at ``at`` in a text that ends at ``stop``."""
    if at >= stop:
        return not _BEHIND[fence]
    byte = data[at]
    if fences[fence, byte]:
        return False
    if not _JOINED[fence] or (byte != _DOT and byte != _MINUS) or at + 1 >= stop or not is_sign(data[at + 1]):
        return True
    i = at + 1
    while i < stop and i < at + 4 and is_digit(data[i]):
        i += 1
    return fence == _DOTTED and byte == _MINUS and i > at + 1 and i < stop and data[i] == _DOT


@compiled(INT(BYTES, INT, INT, INT, INT, INT, INT, TABLES, ROOM))
def read_states(data, at, limit, stop, only, group, state, tables, room):  # type: ignore[no-untyped-def]
    """Reads on from a state; how many patterns hold, for each of which ``last`` says where its longest match up to ``limit`` ends.

    With ``only``, 0 or more, no other number is looked at.
    """
    follows, finds, found, values, traits, fences = tables[0], tables[2], tables[3], tables[7], tables[8], tables[10]
    classes, last = tables[1][group], room[0]
    held, size = 0, len(traits)
    while at < limit:
        state = np.int64(follows[state, classes[data[at]]])
        if state == 0:
            break
        at += 1
        for place in range(finds[state], finds[state + 1]):
            number = found[place]
            if only >= 0 and number != only:
                continue
            fence = np.int64(0)
            if number >= size:
                fence = traits[number - size, 0]
            elif values[number] == 0:  # a lead has no fence
                fence = traits[number, 0]
            if may_end(data, at, stop, fence, fences):
                held += last[number] == 0
                last[number] = at
    return held


@compiled(types.boolean(BYTES, INT, INT))
def is_outside_url(data, start, at):  # type: ignore[no-untyped-def]
    """Whether no ``://`` stands in the bytes before, up to a space or line end."""
    for i in range(at - 1, max(start, at - _NEAR) - 1, -1):
        if data[i] == 0x20 or data[i] == 0x0A:
            return True
        if data[i] == 0x3A and i + 2 < at and data[i + 1] == 0x2F and data[i + 2] == 0x2F:
            return False
    return True


@compiled(types.boolean(BYTES, INT, INT, INT, INT, INT, INT, POSITIONS))
def pass_check(data, start, at, end, stop, check, said, counts):  # type: ignore[no-untyped-def]
    """Whether a value passes the check of its pattern."""
    if _GROUPED[check] and in_account(data, start, at):
        return False
    if check == _CN_ID:
        return cn_id(data, at, end)
    if check == _CREDIT:
        return credit_code(data, at, end)
    if check == _CARD:
        return card(data, start, at, end, said)
    if check == _MOBILE:
        return is_outside_url(data, start, at) and (said > 0 or mobile(data, start, at, end, stop))
    if check == _LANDLINE:
        return landline(data, at, end)
    if check == _PHONE:
        return (said > 0 or data[at] != _ZERO) and phone(data, at, end)
    if check == _IPV4:
        if heads_section(data, at, end, stop) or (said < 1 and is_small(data, at, end, stop)):
            return False
        return ipv4(data, start, at, end, stop)
    if check == _IPV6:
        return ipv6(data, start, at, end)
    if check == _PLATE:
        return count_digits(data, at, end)[0] >= 3
    if check == _SECRET:
        return secret(data, start, at, end, stop)
    if check == _EMAIL:
        return email(data, start, at, end, stop)
    if check == _PASSPORT:
        return passport(data, at, end)
    if check == _SAID:
        return said_phone(data, at, end)
    if check == _ASSIGNED:
        return assignment(data, start, at, end, counts)
    if check == _BLOCK:
        return block(data, at, end)
    return check != _KEY or key(data, at, end)


@compiled(INT(BYTES, INT, INT, INT, INT, INT, INT, TABLES, ROOM))
def find_shorter(data, at, limit, stop, number, group, state, tables, room):  # type: ignore[no-untyped-def]
    """Where the longest match of one number up to ``limit`` ends; 0 where there is none."""
    last = room[0]
    read_states(data, at, limit, stop, number, group, state, tables, room)
    end = last[number]
    last[number] = 0
    return end


@compiled(INT(BYTES, INT, INT, INT, INT, INT, types.boolean, TABLES, ROOM))
def match_group(data, start, at, stop, group, state, bare, tables, room):  # type: ignore[no-untyped-def]
    """The first pattern of a group that holds at ``at``, of all or of those without a lead, its value's ends in ``span``; or -1."""
    values, traits, bounds = tables[7], tables[8], tables[9]
    last, counts, span = room
    if read_states(data, at, stop, stop, -1, group, state, tables, room) == 0:
        return np.int64(-1)
    chosen, size = np.int64(-1), len(traits)
    for number in range(bounds[group], bounds[group + 1]):
        begin, end = at, last[number]
        last[number] = 0
        if chosen >= 0 or end == 0 or (bare and values[number]):
            continue
        first_state, own = state, number
        if values[number]:
            begin, first_state, own = end, values[number], size + number
            end = find_shorter(data, begin, stop, stop, own, group, first_state, tables, room)
            if end == 0:
                continue
        said, first, after = np.int64(0), traits[number, 2], traits[number, 3]
        if first < after:
            said = weigh_words(data, max(start, begin - _NEAR), begin, tables[11], tables[12], tables[13], first, after)
        tries = traits[number, 5] if said >= 0 else 0
        while tries > 0 and end > 0:
            if pass_check(data, start, begin, end, stop, traits[number, 1], said, counts):
                span[0], span[1], chosen = begin, end, np.int64(number)
                break
            tries -= 1
            end = find_shorter(data, begin, end - 1, stop, own, group, first_state, tables, room) if tries > 0 else 0
    return chosen


@compiled(INT(BYTES, INT, INT, INT, INT, INT, types.boolean, TABLES, ROOM))
def match(data, start, at, stop, kind, open_groups, bare, tables, room):  # type: ignore[no-untyped-def]
    """The first pattern of these groups, as bits, that holds at ``at``, as ``match_group`` has it."""
    number = np.int64(-1)
    for group in range(len(tables[1])):
        if open_groups >> group & 1:
            number = match_group(data, start, at, stop, group, tables[5][group, kind], bare, tables, room)
            if number >= 0:
                break
    return number


@compiled(types.void(BYTES, INT, INT, INT, INT, INT, TABLES, ROOM))
def yield_value(data, start, stop, begin, end, number, tables, room):  # type: ignore[no-untyped-def]
    """Lets a pattern without a lead have the value that one with a lead found; the last of ``room``'s ends says which has it."""
    span = room[2]
    span[2] = number
    if tables[8][number, 4]:
        kind = tables[4][data[begin - 1]]
        other = match(data, start, begin, stop, kind, tables[6][kind, data[begin]], True, tables, room)
        if other >= 0:
            span[2] = other
        else:
            span[0], span[1] = begin, end


@compiled(INT(BYTES, POSITIONS, POSITIONS, TABLES, ROOM, FLAGS, types.int64[:, ::1]))
def find_all(data, starts, ends, tables, room, marks, out):  # type: ignore[no-untyped-def]
    """Writes text, pattern, ends in bytes and in code points of what is found to ``out``, while it reaches; how many there are.

    ``marks`` is as long as the longest text.
    """
    kinds, opens, span, size = tables[4], tables[6], room[2], 0
    led = (np.int64(1) << (len(tables[1]) - _UNLED)) - 1  # groups that may begin anywhere
    for row in range(len(starts)):
        start, stop = starts[row], ends[row]
        at, kind, known, point = start, kinds[_START], start, 0
        mark_leads(data, start, stop, marks)
        while at < stop:
            number, open_groups = np.int64(-1), np.int64(opens[kind, data[at]])
            if not marks[at - start]:
                open_groups &= led
            if open_groups:
                number = match(data, start, at, stop, kind, open_groups, False, tables, room)
            if number < 0:
                kind, at = kinds[data[at]], at + 1
                continue
            yield_value(data, start, stop, span[0], span[1], number, tables, room)
            if tables[8][span[2], 1] == _EMAIL:
                span[0] = widen(data, known, span[0])
            for i in range(known, span[0]):
                point += data[i] & 0xC0 != 0x80
            wide = 0
            for i in range(span[0], span[1]):
                wide += data[i] & 0xC0 != 0x80
            if size < len(out):
                out[size, 0], out[size, 1], out[size, 2], out[size, 3] = row, span[2], span[0] - start, span[1] - start
                out[size, 4], out[size, 5] = point, point + wide
            size, point, known, at = size + 1, point + wide, span[1], span[1]
            kind = kinds[data[at - 1]]
    return size
