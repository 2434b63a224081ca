# The part of six that modules use, for Python 3 only.
import builtins
import io
import operator

PY2, PY3, PY34 = False, True, True
string_types, integer_types, class_types = (str,), (int,), (type,)
text_type, binary_type = str, bytes
MAXSIZE = (1 << 63) - 1
StringIO, BytesIO = io.StringIO, io.BytesIO
unichr, print_, exec_ = chr, builtins.print, builtins.exec
get_function_code = operator.attrgetter('__code__')
next = advance_iterator = builtins.next
Iterator = object


def u(text):
    return text


def b(text):
    return text.encode('latin-1')


def iteritems(mapping, **kwargs):
    return iter(mapping.items(**kwargs))


def iterkeys(mapping, **kwargs):
    return iter(mapping.keys(**kwargs))


def itervalues(mapping, **kwargs):
    return iter(mapping.values(**kwargs))


def viewkeys(mapping):
    return mapping.keys()


def viewvalues(mapping):
    return mapping.values()


def viewitems(mapping):
    return mapping.items()


def raise_from(value, from_value):
    raise value from from_value


def reraise(kind, value, trace=None):
    raise (kind() if value is None else value).with_traceback(trace)


def ensure_text(text, encoding='utf-8', errors='strict'):
    return text.decode(encoding, errors) if isinstance(text, bytes) else text


ensure_str = ensure_text


def ensure_binary(text, encoding='utf-8', errors='strict'):
    return text if isinstance(text, bytes) else text.encode(encoding, errors)


def python_2_unicode_compatible(kind):
    return kind


def with_metaclass(meta, *bases):
    return meta('_Base', bases or (object,), {})


def add_metaclass(meta):
    def wrap(kind):
        kept = dict((k, v) for k, v in vars(kind).items() if k not in ('__dict__', '__weakref__'))
        return meta(kind.__name__, kind.__bases__, kept)
    return wrap
