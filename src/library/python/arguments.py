"""Arguments against their declaration: aliases, defaults, types, choices, what holds between them, and what is secret."""
import ast
import json
import os
import re

from ansible.module_utils.common.collections import is_iterable
from ansible.module_utils.common.text.converters import jsonify, to_text
from ansible.module_utils.errors import AnsibleFallbackNotFound, AnsibleValidationError as Wrong
from ansible.module_utils.parsing.convert_bool import BOOLEANS_FALSE, BOOLEANS_TRUE, boolean

HIDDEN = 'VALUE_SPECIFIED_IN_NO_LOG_PARAMETER'
SECRET_NAME = re.compile(r'(?:pass(?!ive)|secret|token|cryptkey)', re.I)
POWERS = dict((unit, 1 << (10 * power)) for power, unit in enumerate('BKMGTPEZY'))


def env_fallback(*args, **kwargs):
    for name in args:
        if name in os.environ:
            return os.environ[name]
    raise AnsibleFallbackNotFound


def human_to_bytes(number, default_unit=None, isbits=False):
    found = re.match(r'^\s*(\d*\.?\d*)\s*([A-Za-z]+)?\s*$', str(number))
    if not found or not found.group(1):
        raise ValueError("human_to_bytes() can't interpret following string: %s" % number)
    unit = found.group(2) or default_unit
    if not unit:
        return int(round(float(found.group(1))))
    letter, rest = unit[0].upper(), unit[1:]
    word, short = ('bits', 'b') if isbits else ('bytes', 'B')
    fits = rest in ('', short) or rest.lower() in (word, word[:-1])
    if letter == 'B' and unit.lower() in (word, word[:-1]):
        fits = True
    if letter not in POWERS or not fits:
        raise ValueError('human_to_bytes() failed to convert %s. The suffix must be one of %s' % (
            number, ', '.join(sorted(POWERS))))
    return int(round(float(found.group(1)) * POWERS[letter]))


def bytes_to_human(size, isbits=False, unit=None):
    base = 'bits' if isbits else 'Bytes'
    for suffix, limit in sorted(POWERS.items(), key=lambda entry: -entry[1]):
        if (unit is None and size >= limit) or (unit is not None and unit.upper() == suffix):
            break
    suffix = base if limit == 1 else suffix + base[0]
    return '%.2f %s' % (size / limit, suffix)


def as_str(value, **_):
    if isinstance(value, str):
        return value
    return to_text(value)


def as_list(value):
    if isinstance(value, list):
        return value
    if isinstance(value, (tuple, set)):
        return list(value)
    if isinstance(value, str):
        return [part.strip() for part in value.split(',')]
    if isinstance(value, (int, float)):
        return [str(value)]
    raise TypeError('%s cannot be converted to a list' % type(value))


def _pairs(text):
    pieces, quote, piece, escaped = [], None, '', False
    for char in text.strip():
        if escaped:
            piece, escaped = piece + char, False
        elif char == '\\':
            escaped = True
        elif quote:
            quote, piece = (None, piece) if char == quote else (quote, piece + char)
        elif char in '\'"':
            quote = char
        elif char in ', ':
            pieces, piece = pieces + [piece], ''
        else:
            piece += char
    return dict(part.split('=', 1) for part in pieces + [piece] if part)


def as_dict(value):
    if isinstance(value, dict):
        return value
    if isinstance(value, str):
        if value.startswith('{'):
            try:
                return json.loads(value)
            except ValueError:
                try:
                    found = ast.literal_eval(value)
                except (ValueError, SyntaxError):
                    raise TypeError('unable to evaluate string as dictionary')
                if isinstance(found, dict):
                    return found
        elif '=' in value:
            return _pairs(value)
        raise TypeError('dictionary requested, could not parse JSON or key=value')
    raise TypeError('%s cannot be converted to a dict' % type(value))


def as_bool(value):
    if isinstance(value, (bool, str, bytes, int, float)):
        return boolean(value)
    raise TypeError('%s cannot be converted to a bool' % type(value))


def as_int(value):
    try:
        number = float(value) if isinstance(value, str) and not re.match(r'^\s*[-+]?\d+\s*$', value) else int(value)
        if number != int(number) or (isinstance(value, float) and value != int(value)):
            raise ValueError
        return int(number)
    except (TypeError, ValueError, OverflowError):
        raise TypeError('"%r" cannot be converted to an int' % (value,))


def as_float(value):
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError('%s cannot be converted to a float' % type(value))


def as_path(value):
    return os.path.expanduser(os.path.expandvars(as_str(value)))


def as_json(value):
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bytes):
        return value.decode().strip()
    if isinstance(value, (dict, list, tuple)):
        return jsonify(value)
    raise TypeError('%s cannot be converted to a json string' % type(value))


def as_jsonarg(value):
    return as_json(value)


def as_raw(value):
    return value


def as_bytes(value):
    try:
        return human_to_bytes(value)
    except ValueError:
        raise TypeError('%s cannot be converted to a Byte value' % type(value))


def as_bits(value):
    try:
        return human_to_bytes(value, isbits=True)
    except ValueError:
        raise TypeError('%s cannot be converted to a Bit value' % type(value))


TYPES = {'str': as_str, 'list': as_list, 'dict': as_dict, 'bool': as_bool, 'int': as_int, 'float': as_float,
         'path': as_path, 'raw': as_raw, 'json': as_json, 'jsonarg': as_jsonarg, 'bytes': as_bytes, 'bits': as_bits}


def converter(kind):
    """The function that makes values of a type, and the type's name."""
    if kind is None:
        kind = 'str'
    if isinstance(kind, str):
        if kind not in TYPES:
            raise Wrong("Invalid type %s for option" % kind)
        return TYPES[kind], kind
    name = getattr(kind, '__name__', str(kind))
    return TYPES.get(name, kind), name


def secrets_of(value, into):
    """Every text within a value that must not show."""
    if isinstance(value, dict):
        for each in value.values():
            secrets_of(each, into)
    elif isinstance(value, (list, tuple, set)):
        for each in value:
            secrets_of(each, into)
    elif value is not None and not isinstance(value, bool):
        text = to_text(value)
        if text:
            into.add(text)


def remove_values(value, secrets):
    """The value with all secrets taken out."""
    if isinstance(value, dict):
        return dict((k, remove_values(v, secrets)) for k, v in value.items())
    if isinstance(value, (list, tuple, set)):
        return [remove_values(each, secrets) for each in value]
    if isinstance(value, bytes):
        value = to_text(value)
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        text = to_text(value)
        if text in secrets:
            return HIDDEN
        if isinstance(value, str):
            for secret in sorted(secrets, key=len, reverse=True):
                value = value.replace(secret, '********')
    return value


def sanitize_keys(obj, no_log_strings, ignore_keys=frozenset()):
    if isinstance(obj, dict):
        kept = lambda k: k if k in ignore_keys or k.startswith('_ansible') else remove_values(k, no_log_strings)
        return dict((kept(k), sanitize_keys(v, no_log_strings, ignore_keys)) for k, v in obj.items())
    if isinstance(obj, (list, tuple, set)):
        return [sanitize_keys(each, no_log_strings, ignore_keys) for each in obj]
    return obj


def count_given(names, params):
    names = [names] if isinstance(names, str) else names
    return sum(1 for name in names if params.get(name) is not None)


def listed(names):
    return ', '.join(str(name) for name in names)


class Validator:
    """Brings parameters into the form that a declaration asks for, and finds what is wrong with them."""

    def __init__(self, module_name=''):
        self.module_name = module_name
        self.errors, self.warnings, self.deprecations, self.secrets = [], [], [], set()
        self.unsupported, self.supported = [], []

    def run(self, spec, params, rules, context=(), prefix='', ignored=()):
        """One level; `context` are the options around it, `prefix` is how their names begin."""
        aliases = self.aliases(spec, params, prefix)
        names = set(spec)
        for option in spec.values():
            names.update(option.get('aliases') or ())
        unknown = [k for k in params if k not in names and not k.startswith('_ansible_') and k not in ignored]
        if unknown:
            around = '.'.join(context)
            self.unsupported += ['%s.%s' % (around, name) if around else name for name in unknown]
            self.supported = sorted(
                '%s (%s)' % (name, listed(sorted(spec[name]['aliases']))) if spec[name].get('aliases') else name
                for name in spec)
        self.fallbacks(spec, params)
        for name, option in spec.items():
            self.hide(name, option, params, context)
        where = ' found in %s' % ' -> '.join(context) if context else ''
        self.check(lambda: self.exclusive(rules.get('mutually_exclusive'), params, where))
        for name, option in spec.items():
            if params.get(name) is None and option.get('default') is not None:
                params[name] = option['default']
        if not self.errors:
            self.check(lambda: self.required(spec, params, where))
        for name, option in spec.items():
            if params.get(name) is not None:
                self.check(lambda: self.convert(name, option, params, context))
        for name, option in spec.items():
            if params.get(name) is not None and option.get('choices') is not None:
                self.check(lambda: self.choose(name, option, params, where))
        for rule in (self.together, self.one_of, self.required_if, self.required_by):
            self.check(lambda: rule(rules.get(rule.__name__ if rule.__name__.startswith('required')
                                              else 'required_' + rule.__name__), params, where))
        for name in spec:
            params.setdefault(name, None)
        for name, option in spec.items():
            self.inner(name, option, params, context, prefix)
        return aliases

    def check(self, rule):
        try:
            rule()
        except Wrong as wrong:
            self.errors.append(str(wrong))

    def aliases(self, spec, params, prefix):
        known = {}
        for name, option in spec.items():
            given = []
            for old in option.get('deprecated_aliases') or ():
                if old['name'] in params:
                    self.deprecate("Alias '%s' is deprecated. See the module docs for more information"
                                   % (prefix + old['name']), old)
            for alias in option.get('aliases') or ():
                known[alias] = name
                if alias in params:
                    given.append(alias)
            if given and name in params:
                self.both(prefix, name, given[-1])
            elif len(given) > 1:
                self.both(prefix, name, given[-1])
            if given:
                params[name] = params[given[-1]]
            if name in params and (option.get('removed_in_version') or option.get('removed_at_date')):
                shown = name
                if prefix:
                    shown = '%s["%s"]' % (re.sub(r'(\[\d+\])?\.$', '', prefix), name)
                self.deprecate("Param '%s' is deprecated. See the module docs for more information" % shown, dict(
                    version=option.get('removed_in_version'), date=option.get('removed_at_date'),
                    collection_name=option.get('removed_from_collection')))
        return known

    def both(self, prefix, name, alias):
        self.warnings.append('Both option %s%s and its alias %s%s are set.' % (prefix, name, prefix, alias))

    def deprecate(self, message, old):
        found = dict(msg=message)
        if old.get('date'):
            found['date'] = str(old['date'])
        else:
            found['version'] = old.get('version')
        found['collection_name'] = old.get('collection_name')
        self.deprecations.append(found)

    def fallbacks(self, spec, params):
        for name, option in spec.items():
            fallback = option.get('fallback')
            if not fallback or name in params:
                continue
            args, kwargs = [], {}
            for each in fallback[1:]:
                if isinstance(each, dict):
                    kwargs = each
                else:
                    args = each
            try:
                params[name] = fallback[0](*args, **kwargs)
            except AnsibleFallbackNotFound:
                pass

    def hide(self, name, option, params, context):
        value = params.get(name)
        if option.get('no_log'):
            secrets_of(value, self.secrets)
        elif value is not None and option.get('no_log') is None and not context and SECRET_NAME.search(name):
            if option.get('type') != 'bool' and not option.get('choices'):
                self.warnings.append('Module did not set no_log for %s' % name)

    def exclusive(self, groups, params, where):
        groups = groups or ()
        groups = [groups] if groups and isinstance(groups[0], str) else groups
        found = ['|'.join(group) for group in groups if count_given(group, params) > 1]
        if found:
            raise Wrong('parameters are mutually exclusive: %s%s' % (listed(found), where))

    def required(self, spec, params, where):
        missing = [name for name, option in spec.items() if option.get('required') and name not in params]
        if missing:
            raise Wrong('missing required arguments: %s%s' % (listed(sorted(missing)), where))

    def convert(self, name, option, params, context):
        kind = option.get('type')
        if kind is None and option.get('elements') is None and not option.get('options'):
            kind = 'str'
        make, word = converter(kind)
        value = params[name]
        choices = option.get('choices')
        if word == 'str' and isinstance(value, bool) and choices:
            # YAML made a word like `on` a truth value: the choice that means the same is meant.
            same = [c for c in choices if isinstance(c, str) and c.lower() in (BOOLEANS_TRUE if value else BOOLEANS_FALSE)]
            value = same[0] if len(same) == 1 else value
        try:
            params[name] = make(value)
        except (TypeError, ValueError) as error:
            around = " found in '%s'." % ' -> '.join(context) if context else ''
            raise Wrong("argument '%s' is of type %s%s and we were unable to convert to %s: %s" % (
                name, type(value).__name__, around, word, error))
        elements = option.get('elements')
        if word == 'list' and elements:
            make, word = converter(elements)
            made = []
            for value in params[name]:
                try:
                    made.append(make(value))
                except (TypeError, ValueError) as error:
                    around = " found in '%s'" % ' -> '.join(context) if context else ''
                    self.errors.append("Elements value for option '%s'%s is of type %s and we were unable to convert to %s: %s"
                                       % (name, around, type(value).__name__, word, error))
            params[name] = made

    def choose(self, name, option, params, where):
        choices, value = option['choices'], params[name]
        if not is_iterable(choices):
            raise Wrong('internal error: choices for argument %s are not iterable: %s' % (name, choices))
        if isinstance(value, list):
            wrong = [each for each in value if each not in choices]
            if wrong:
                raise Wrong('value of %s must be one or more of: %s. Got no match for: %s%s' % (
                    name, listed(choices), listed(wrong), where))
        elif value not in choices:
            raise Wrong('value of %s must be one of: %s, got: %s%s' % (name, listed(choices), value, where))

    def together(self, groups, params, where):
        for group in groups or ():
            if 0 < count_given(group, params) < len(group):
                raise Wrong('parameters are required together: %s%s' % (listed(group), where))

    def one_of(self, groups, params, where):
        for group in groups or ():
            if not count_given(group, params):
                raise Wrong('one of the following is required: %s%s' % (listed(group), where))

    def required_if(self, rules, params, where):
        for rule in rules or ():
            name, value, needed = rule[:3]
            any_of = len(rule) > 3 and rule[3]
            if name not in params or params[name] != value:
                continue
            missing = [each for each in needed if params.get(each) is None]
            if len(missing) == len(needed) if any_of else missing:
                raise Wrong('%s is %s but %s of the following are missing: %s%s' % (
                    name, value, 'any' if any_of else 'all', listed(missing), where))

    def required_by(self, rules, params, where):
        for name, needed in (rules or {}).items():
            needed = [needed] if isinstance(needed, str) else needed
            missing = [each for each in needed if params.get(each) is None]
            if params.get(name) is not None and missing:
                raise Wrong("missing parameter(s) required by '%s': %s%s" % (name, listed(missing), where))

    def inner(self, name, option, params, context, prefix):
        """The options within an option that is a mapping, or a list of them."""
        spec, kind = option.get('options'), option.get('type')
        if spec is None or not (kind == 'dict' or kind == 'list'):
            return
        if params.get(name) is None:
            if not option.get('apply_defaults'):
                return
            params[name] = {}
        values = params[name] if isinstance(params[name], list) else [params[name]]
        for index, value in enumerate(values):
            if not isinstance(value, dict):
                self.errors.append("value of '%s' must be of type dict or list of dicts" % name)
                continue
            place = '%s%s[%d].' % (prefix, name, index) if isinstance(params[name], list) else '%s%s.' % (prefix, name)
            self.run(spec, value, option, tuple(context) + (name,), place)
