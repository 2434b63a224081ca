import codecs
import datetime
import json

_FORMS = {'surrogate_or_strict': 'surrogateescape', 'surrogate_or_replace': 'surrogateescape',
          'surrogate_then_replace': 'surrogateescape', None: 'surrogateescape'}


def _handler(errors):
    return _FORMS.get(errors, errors)


def _other(value, nonstring):
    if nonstring == 'simplerepr':
        try:
            return str(value)
        except UnicodeError:
            return repr(value)
    if nonstring == 'empty':
        return ''
    if nonstring == 'strict':
        raise TypeError('obj must be a string type')
    return None


def to_text(obj, encoding='utf-8', errors=None, nonstring='simplerepr'):
    if isinstance(obj, str):
        return obj
    if isinstance(obj, bytes):
        return obj.decode(encoding, _handler(errors))
    text = _other(obj, nonstring)
    return obj if text is None else text


def to_bytes(obj, encoding='utf-8', errors=None, nonstring='simplerepr'):
    if isinstance(obj, bytes):
        return obj
    text = obj if isinstance(obj, str) else _other(obj, nonstring)
    if text is None:
        return obj
    try:
        return text.encode(encoding, _handler(errors))
    except UnicodeEncodeError:
        if errors == 'surrogate_or_strict':
            raise
        return text.encode(encoding, 'replace')


to_native = to_text


def _walk(value, convert):
    if isinstance(value, (str, bytes)):
        return convert(value)
    if isinstance(value, dict):
        return dict((_walk(k, convert), _walk(v, convert)) for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return type(value)([_walk(v, convert) for v in value])
    return value


def container_to_bytes(d, encoding='utf-8', errors='surrogate_or_strict'):
    return _walk(d, lambda value: to_bytes(value, encoding, errors))


def container_to_text(d, encoding='utf-8', errors='surrogate_or_strict'):
    return _walk(d, lambda value: to_text(value, encoding, errors))


def json_default(value):
    if isinstance(value, (set, frozenset)):
        return list(value)
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return to_text(value)
    if hasattr(value, 'items'):
        return dict(value.items())
    if hasattr(value, '__iter__'):
        return list(value)
    raise TypeError('%r is not JSON serializable' % (value,))


def jsonify(data, **kwargs):
    return json.dumps(data, default=json_default, **kwargs)


codecs.lookup_error('surrogateescape')
