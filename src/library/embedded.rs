//! What modules in Python stand on, where this machine has no ansible-core: our own, of the same names.

/// Starts a module out of its archive.
pub(super) const MAIN: &str = include_str!("python/main.py");

/// Files beneath `ansible/module_utils`.
const FILES: &[(&str, &str)] = &[
    ("_text.py", "from ansible.module_utils.common.text.converters import to_bytes, to_native, to_text\n"),
    ("ansible_release.py", "__version__ = '2.19.0'\n__author__ = 'baton'\n__codename__ = 'baton'\n"),
    ("basic.py", include_str!("python/basic.py")),
    ("common/__init__.py", ""),
    ("common/_collections_compat.py", COLLECTIONS_ABC),
    ("common/arguments.py", include_str!("python/arguments.py")),
    ("common/collections.py", include_str!("python/collections.py")),
    ("common/dict_transformations.py", include_str!("python/dict_transformations.py")),
    ("common/process.py", include_str!("python/process.py")),
    ("common/text/__init__.py", ""),
    ("common/text/converters.py", include_str!("python/converters.py")),
    ("compat/__init__.py", ""),
    ("compat/version.py", include_str!("python/version.py")),
    ("errors.py", include_str!("python/errors.py")),
    ("parsing/__init__.py", ""),
    ("parsing/convert_bool.py", include_str!("python/convert_bool.py")),
    ("six/__init__.py", include_str!("python/six.py")),
    ("six/moves/__init__.py", include_str!("python/moves.py")),
];

const COLLECTIONS_ABC: &str = "from collections.abc import (  # noqa: F401\n    Container, Hashable, ItemsView, Iterable, \
    Iterator, KeysView, Mapping, MappingView,\n    MutableMapping, MutableSequence, MutableSet, Sequence, Set, Sized, \
    ValuesView)\n";

/// The text of a file.
pub(super) fn file(path: &str) -> Option<&'static str> {
    FILES.iter().find(|(name, _)| *name == path).map(|(_, text)| *text)
}
