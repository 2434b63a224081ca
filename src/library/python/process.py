import os


def get_bin_path(arg, opt_dirs=None, required=None):
    """The path of a program, in the directories given, those of PATH and those of the system's administration."""
    directories = [d for d in (opt_dirs or []) if d] + os.environ.get('PATH', '').split(os.pathsep)
    directories += [d for d in ('/sbin', '/usr/sbin', '/usr/local/sbin') if d not in directories]
    if os.path.isabs(arg):
        directories = ['/']
    for directory in directories:
        path = os.path.join(directory, arg)
        if directory and os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    raise ValueError('Failed to find required executable "%s" in paths: %s' % (arg, os.pathsep.join(directories)))
