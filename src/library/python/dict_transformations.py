import re


def _keys(value, change, ignored):
    if isinstance(value, list):
        return [_keys(each, change, ignored) for each in value]
    if isinstance(value, dict):
        return dict((change(k), v if k in ignored else _keys(v, change, ())) for k, v in value.items())
    return value


def _camel_to_snake(name, reversible=False):
    if reversible:
        return re.sub('([A-Z])', lambda found: '_' + found.group(1).lower(), name).lstrip('_')
    name = re.sub('([A-Z]{3,}s)$', lambda found: '_' + found.group(1).lower(), name)
    name = re.sub('(.)([A-Z][a-z]+)', r'\1_\2', name)
    return re.sub('([a-z0-9])([A-Z])', r'\1_\2', name).lower().lstrip('_')


def _snake_to_camel(snake, capitalize_first=False):
    first, *rest = snake.split('_')
    return ''.join([first.title() if capitalize_first else first] + [word.title() for word in rest])


def camel_dict_to_snake_dict(camel_dict, reversible=False, ignore_list=()):
    return _keys(camel_dict, lambda name: _camel_to_snake(name, reversible), ignore_list)


def snake_dict_to_camel_dict(snake_dict, capitalize_first=False):
    return _keys(snake_dict, lambda name: _snake_to_camel(name, capitalize_first), ())


def dict_merge(a, b):
    if not isinstance(b, dict):
        return b
    merged = dict(a)
    for key, value in b.items():
        both = key in merged and isinstance(merged[key], dict)
        merged[key] = dict_merge(merged[key], value) if both else value
    return merged


def recursive_diff(dict1, dict2):
    left = dict((k, v) for k, v in dict1.items() if k not in dict2)
    right = dict((k, v) for k, v in dict2.items() if k not in dict1)
    for key in set(dict1) & set(dict2):
        if isinstance(dict1[key], dict) and isinstance(dict2[key], dict):
            found = recursive_diff(dict1[key], dict2[key])
            if found:
                left[key], right[key] = found
        elif dict1[key] != dict2[key]:
            left[key], right[key] = dict1[key], dict2[key]
    return (left, right) if left or right else None
