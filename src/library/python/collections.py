from collections.abc import Hashable, Mapping, MutableMapping, Sequence  # noqa: F401


def is_string(seq):
    return isinstance(seq, (str, bytes))


def is_iterable(seq, include_strings=False):
    if is_string(seq):
        return bool(include_strings)
    try:
        iter(seq)
    except TypeError:
        return False
    return True


def is_sequence(seq, include_strings=False):
    return isinstance(seq, Sequence) and (include_strings or not is_string(seq))


def count(seq):
    numbers = {}
    for each in seq:
        numbers[each] = numbers.get(each, 0) + 1
    return numbers
