"""What modules in Python stand on: `AnsibleModule` and its kin, written anew for baton."""
import contextlib
import datetime
import grp
import hashlib
import json
import locale
import os
import platform
import pwd
import re
import select
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import syslog
import tempfile
import time
import traceback
from collections.abc import KeysView, Mapping, MutableMapping, Sequence, Set  # noqa: F401
from functools import reduce  # noqa: F401
from itertools import chain, repeat  # noqa: F401

from ansible.module_utils.common.arguments import (  # noqa: F401
    TYPES, Validator, bytes_to_human, count_given, converter, env_fallback, human_to_bytes, remove_values,
    sanitize_keys, secrets_of)
from ansible.module_utils.common.collections import is_iterable, is_sequence  # noqa: F401
from ansible.module_utils.common.process import get_bin_path
from ansible.module_utils.common.text.converters import (  # noqa: F401
    container_to_bytes, container_to_text, jsonify, to_bytes, to_native, to_text)
from ansible.module_utils.errors import AnsibleFallbackNotFound  # noqa: F401
from ansible.module_utils.parsing.convert_bool import BOOLEANS, BOOLEANS_FALSE, BOOLEANS_TRUE, boolean  # noqa: F401

SEQUENCETYPE = frozenset, KeysView, Sequence
string_types, integer_types, text_type, binary_type = (str,), (int,), str, bytes
_ANSIBLE_ARGS = None
_ANSIBLE_PROFILE = None
_WARNINGS, _DEPRECATIONS = [], []
HAS_SYSLOG = True

FILE_COMMON_ARGUMENTS = dict(
    mode=dict(type='raw'), owner=dict(type='str'), group=dict(type='str'), seuser=dict(type='str'),
    serole=dict(type='str'), selevel=dict(type='str'), setype=dict(type='str'),
    attributes=dict(type='str', aliases=['attr']), unsafe_writes=dict(
        type='bool', default=False, fallback=(env_fallback, ['ANSIBLE_UNSAFE_WRITES'])))


def get_platform():
    return platform.system()


def get_distribution():
    release = dict(re.findall(r'^(\w+)="?([^"\n]*)', _read('/etc/os-release'), re.M))
    name = {'rhel': 'Redhat', 'amzn': 'Amazon'}.get(release.get('ID'), (release.get('ID') or '').capitalize())
    return name or ('OtherLinux' if get_platform() == 'Linux' else None)


def get_distribution_version():
    found = re.search(r'^VERSION_ID="?([^"\n]*)', _read('/etc/os-release'), re.M)
    return found.group(1) if found else ''


def _read(path):
    try:
        with open(path, encoding='utf-8') as file:
            return file.read()
    except OSError:
        return ''


def get_all_subclasses(cls):
    found = set(cls.__subclasses__())
    for each in list(found):
        found |= get_all_subclasses(each)
    return found


def get_platform_subclass(cls):
    here, system = None, get_platform()
    for each in get_all_subclasses(cls):
        if getattr(each, 'platform', None) == system:
            if getattr(each, 'distribution', None) == get_distribution():
                return each
            here = here or (each if getattr(each, 'distribution', None) is None else None)
    return here or cls


load_platform_subclass = get_platform_subclass


def get_exception():
    return sys.exc_info()[1]


def is_executable(path):
    return bool(os.stat(path).st_mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH))


def heuristic_log_sanitize(data, no_log_values=None):
    data = re.sub(r'(://[^:/@\s]*:)[^@/\s]+@', r'\1********@', to_native(data))
    return remove_values(data, no_log_values) if no_log_values else data


def missing_required_lib(library, reason=None, url=None):
    text = "Failed to import the required Python library (%s) on %s's Python %s." % (
        library, platform.node(), sys.executable)
    if reason:
        text += ' This is required %s.' % reason
    if url:
        text += ' See %s for more info.' % url
    return text + (' Please read the module documentation and install it in the appropriate location.'
                   ' If the required library is installed, but Ansible is using the wrong Python interpreter,'
                   ' please consult the documentation on ansible_python_interpreter')


def _load_params():
    global _ANSIBLE_ARGS
    if _ANSIBLE_ARGS is None:
        if len(sys.argv) > 1:
            with open(sys.argv[1], 'rb') as file:
                _ANSIBLE_ARGS = file.read()
        else:
            _ANSIBLE_ARGS = sys.stdin.buffer.read()
    try:
        return json.loads(to_text(_ANSIBLE_ARGS))['ANSIBLE_MODULE_ARGS']
    except (ValueError, KeyError):
        print('\n{"failed": true, "msg": "Error: module parameters must be JSON with ANSIBLE_MODULE_ARGS"}')
        sys.exit(1)


class AnsibleModule(object):
    """One run of a module: its parameters, its dealings with the system, and its answer."""

    def __init__(self, argument_spec, bypass_checks=False, no_log=False, mutually_exclusive=None,
                 required_together=None, required_one_of=None, add_file_common_args=False,
                 supports_check_mode=False, required_if=None, required_by=None):
        self.argument_spec = dict(argument_spec)
        if add_file_common_args:
            for name, option in FILE_COMMON_ARGUMENTS.items():
                self.argument_spec.setdefault(name, option)
        self.supports_check_mode, self.bypass_checks = supports_check_mode, bypass_checks
        self.mutually_exclusive, self.required_together = mutually_exclusive, required_together
        self.required_one_of, self.required_if, self.required_by = required_one_of, required_if, required_by
        self.run_command_environ_update, self.cleanup_files, self.no_log_values = {}, [], set()
        self._warnings, self._deprecations, self._options_context = [], [], []
        self._set_cwd()
        params = _load_params()
        self._internal(params, no_log)
        self.params = params
        self._given = json.loads(json.dumps(params))
        validator = Validator(self._name)
        self.aliases = validator.run(self.argument_spec, params, dict(
            mutually_exclusive=mutually_exclusive, required_together=required_together,
            required_one_of=required_one_of, required_if=required_if, required_by=required_by))
        self.no_log_values = validator.secrets
        for warning in validator.warnings:
            self.warn(warning)
        self._deprecations += validator.deprecations
        if not bypass_checks:
            self._refuse(validator)
        if self.check_mode and not supports_check_mode:
            self.exit_json(skipped=True, msg='remote module (%s) does not support check mode' % self._name)
        if not self.no_log:
            self._log_invocation()

    def _internal(self, params, no_log):
        own = dict((name, params.pop(name)) for name in list(params) if name.startswith('_ansible_'))
        get = lambda name, default=None: own.get('_ansible_' + name, default)
        self.check_mode, self.no_log = bool(get('check_mode')), bool(get('no_log')) or no_log
        self._debug, self._diff, self._verbosity = bool(get('debug')), bool(get('diff')), get('verbosity', 0)
        self.ansible_version, self._name = get('version', ''), get('module_name', 'module')
        self._remote_tmp, self._tmpdir = get('remote_tmp'), get('tmpdir')
        self._shell, self._socket_path = get('shell_executable', '/bin/sh'), get('socket')
        self._tracebacks = 'error' in get('tracebacks_for', [])
        self._syslog_facility = get('syslog_facility', 'LOG_USER')
        self._target_log_info, self._keep_remote_files = get('target_log_info'), get('keep_remote_files', False)
        self._selinux_special_fs = get('selinux_special_fs', [])
        self._string_conversion_action = get('string_conversion_action', 'warn')
        self._ignore_unknown_opts = bool(get('ignore_unknown_opts'))

    def _refuse(self, validator):
        if validator.unsupported and not self._ignore_unknown_opts:
            self.fail_json(msg='Unsupported parameters for (%s) module: %s. Supported parameters include: %s.' % (
                self._name, ', '.join(sorted(validator.unsupported)), ', '.join(validator.supported)))
        if validator.errors:
            self.fail_json(msg=validator.errors[0])

    @property
    def tmpdir(self):
        if self._tmpdir is None:
            base = os.path.expanduser(os.path.expandvars(self._remote_tmp or '~/.ansible/tmp'))
            try:
                os.makedirs(base, mode=0o700, exist_ok=True)
            except OSError:
                base = None
            self._tmpdir = tempfile.mkdtemp(prefix='ansible-moduletmp-%s-' % time.time(), dir=base)
            self.add_cleanup_file(self._tmpdir)
        return self._tmpdir

    def warn(self, warning):
        warning = to_text(warning)
        if warning not in self._warnings:
            self._warnings.append(warning)

    def deprecate(self, msg, version=None, date=None, collection_name=None, **kwargs):
        if version is not None and date is not None:
            raise AssertionError('implementation error -- version and date must not both be set')
        found = dict(msg=to_text(msg), collection_name=collection_name)
        found.update(dict(date=date) if date is not None else dict(version=version))
        self._deprecations.append(found)

    def exit_json(self, **kwargs):
        self.do_cleanup_files()
        self._return_formatted(kwargs)
        sys.exit(0)

    def fail_json(self, msg, **kwargs):
        kwargs.update(failed=True, msg=msg)
        error = kwargs.get('exception', sys.exc_info()[1])
        if isinstance(error, BaseException):
            kwargs.pop('exception', None)
        if isinstance(error, BaseException) and self._tracebacks:
            kwargs['exception'] = ''.join(traceback.format_exception(type(error), error, error.__traceback__))
        self.do_cleanup_files()
        self._return_formatted(kwargs)
        sys.exit(1)

    def _return_formatted(self, result):
        given = result.pop('warnings', None) or []
        for warning in [given] if isinstance(given, str) else given:
            self.warn(warning)
        old = result.pop('deprecations', None) or []
        for each in [old] if isinstance(old, (str, dict)) else old:
            if isinstance(each, dict):
                self._deprecations.append(each)
            else:
                each = [each, None] if isinstance(each, str) else each
                self.deprecate(each[0], version=each[1])
        warnings = _WARNINGS + self._warnings
        if warnings:
            result['warnings'] = warnings
        if _DEPRECATIONS + self._deprecations:
            result['deprecations'] = _DEPRECATIONS + self._deprecations
        result.setdefault('invocation', dict(module_args=getattr(self, 'params', {})))
        diff = result.pop('diff', None)
        result = json.loads(jsonify(result))
        result = remove_values(result, self.no_log_values)
        if diff is not None:
            result['diff'] = remove_values(json.loads(jsonify(diff)), self.no_log_values)
        print('\n' + json.dumps(result))

    def fail_on_missing_params(self, required_params=None):
        missing = [name for name in required_params or () if self.params.get(name) in (None, '')]
        if missing:
            self.fail_json(msg='missing required arguments: %s' % ', '.join(missing))

    def jsonify(self, data):
        return jsonify(data)

    def from_json(self, data):
        return json.loads(data)

    def boolean(self, arg):
        return None if arg is None else boolean(arg)

    def _count_terms(self, check, params=None):
        return count_given(check, self.params if params is None else params)

    def _check(self, name, value, *more):
        try:
            return TYPES[name](value)
        except (TypeError, ValueError) as error:
            self.fail_json(msg=str(error))

    def log(self, msg, log_args=None):
        if not self.no_log:
            text = remove_values(to_text(msg), self.no_log_values)
            with contextlib.suppress(Exception):
                syslog.openlog('ansible-%s' % self._name, 0, getattr(syslog, self._syslog_facility, syslog.LOG_USER))
                syslog.syslog(syslog.LOG_INFO, text)

    def debug(self, msg):
        if self._debug:
            self.log('[debug] %s' % msg)

    def _log_invocation(self):
        shown = remove_values(self.params, self.no_log_values)
        self.log('Invoked with ' + ' '.join('%s=%s' % (k, heuristic_log_sanitize(v)) for k, v in shown.items()))

    def _set_cwd(self):
        for place in (None, '~', tempfile.gettempdir()):
            with contextlib.suppress(OSError):
                if place:
                    os.chdir(os.path.expanduser(place))
                if os.access(os.getcwd(), os.F_OK | os.R_OK):
                    return os.getcwd()
        return None

    # --- programs

    def get_bin_path(self, arg, required=False, opt_dirs=None):
        try:
            return get_bin_path(arg, opt_dirs=opt_dirs)
        except ValueError as error:
            if required:
                self.fail_json(msg=to_text(error))
            return None

    def run_command(self, args, check_rc=False, close_fds=True, executable=None, data=None, binary_data=False,
                    path_prefix=None, cwd=None, use_unsafe_shell=False, prompt_regex=None, environ_update=None,
                    umask=None, encoding='utf-8', errors='surrogate_or_strict', expand_user_and_vars=True,
                    pass_fds=None, before_communicate_callback=None, ignore_invalid_cwd=True,
                    handle_exceptions=True):
        if not isinstance(args, (list, tuple, str, bytes)):
            self.fail_json(rc=257, cmd=args, msg="Argument 'args' to run_command must be list or string")
        if use_unsafe_shell:
            args = args if isinstance(args, (str, bytes)) else ' '.join(shlex.quote(to_text(arg)) for arg in args)
            args, executable = to_bytes(args), executable or self._shell or '/bin/sh'
        else:
            if isinstance(args, (str, bytes)):
                args = shlex.split(to_text(args))
            full = lambda arg: os.path.expanduser(os.path.expandvars(arg)) if expand_user_and_vars else arg
            args = [to_bytes(full(to_text(arg))) for arg in args if arg is not None]
        environment = dict(os.environ, **dict((k, to_text(v)) for k, v in self.run_command_environ_update.items()))
        environment.update((k, to_text(v)) for k, v in (environ_update or {}).items())
        environment = dict((k, v) for k, v in environment.items() if not k.startswith('PYTHONIOENCODING'))
        if path_prefix:
            environment['PATH'] = '%s:%s' % (path_prefix, environment.get('PATH', ''))
        if cwd:
            cwd = os.path.abspath(os.path.expanduser(to_text(cwd)))
            if not os.path.isdir(cwd):
                if not ignore_invalid_cwd:
                    self.fail_json(msg='Provided cwd is not a valid directory: %s' % cwd)
                cwd = None

        def before():
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            if umask is not None:
                os.umask(umask)
        shown = heuristic_log_sanitize(
            to_text(args) if use_unsafe_shell else ' '.join(shlex.quote(to_text(a)) for a in args), self.no_log_values)
        try:
            self.debug('Executing: ' + shown)
            process = subprocess.Popen(
                args, shell=use_unsafe_shell, executable=executable, close_fds=close_fds, cwd=cwd, env=environment,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=before,
                pass_fds=pass_fds or ())
            if before_communicate_callback:
                before_communicate_callback(process)
            if data:
                data = to_bytes(data) if binary_data else to_bytes(data) + b'\n'
            rc, out, err = self._communicate(process, data, prompt_regex)
        except OSError as error:
            if not handle_exceptions:
                raise
            self.fail_json(rc=error.errno or 257, stdout='', stderr='', cmd=shown, changed=False,
                           msg='Error executing command: %s' % error)
        if rc != 0 and check_rc:
            text = heuristic_log_sanitize(to_text(err).rstrip(), self.no_log_values)
            self.fail_json(cmd=shown, rc=rc, stdout=to_text(out), stderr=to_text(err), msg=text)
        if encoding is not None:
            return rc, to_text(out, encoding, errors), to_text(err, encoding, errors)
        return rc, out, err

    def _communicate(self, process, data, prompt_regex):
        if not prompt_regex:
            out, err = process.communicate(data)
            return process.returncode, out, err
        prompts = [prompt_regex] if isinstance(prompt_regex, (str, bytes)) else prompt_regex
        prompts = [re.compile(to_bytes(prompt), re.MULTILINE) for prompt in prompts]
        if data:
            process.stdin.write(data)
            process.stdin.close()
        texts, open_ = {process.stdout: b'', process.stderr: b''}, [process.stdout, process.stderr]
        while open_:
            for ready in select.select(open_, [], [], 1)[0]:
                chunk = os.read(ready.fileno(), 65536)
                texts[ready] += chunk
                if not chunk:
                    open_.remove(ready)
            if not data and any(prompt.search(texts[process.stdout]) for prompt in prompts):
                process.kill()
                process.wait()
                return 257, texts[process.stdout], b'A prompt was encountered while running a command, but no input'
        return process.wait(), texts[process.stdout], texts[process.stderr]

    # --- files

    def add_cleanup_file(self, path):
        self.cleanup_files.append(path)

    def do_cleanup_files(self):
        for path in self.cleanup_files:
            self.cleanup(path)

    def cleanup(self, tmpfile):
        with contextlib.suppress(OSError):
            if os.path.isdir(tmpfile) and not os.path.islink(tmpfile):
                shutil.rmtree(tmpfile)
            elif os.path.lexists(tmpfile):
                os.unlink(tmpfile)

    def digest_from_file(self, filename, algorithm):
        if not os.path.exists(filename):
            return None
        if os.path.isdir(filename):
            self.fail_json(msg='attempted to take checksum of directory: %s' % filename)
        digest = hashlib.new(algorithm) if isinstance(algorithm, str) else algorithm
        with open(filename, 'rb') as file:
            for chunk in iter(lambda: file.read(65536), b''):
                digest.update(chunk)
        return digest.hexdigest()

    def md5(self, filename):
        return self.digest_from_file(filename, 'md5')

    def sha1(self, filename):
        return self.digest_from_file(filename, 'sha1')

    def sha256(self, filename):
        return self.digest_from_file(filename, 'sha256')

    def backup_local(self, fn):
        if not os.path.exists(fn):
            return ''
        copy = '%s.%s.%s' % (fn, os.getpid(), time.strftime('%Y-%m-%d@%H:%M:%S~'))
        self.preserved_copy(fn, copy)
        return copy

    def preserved_copy(self, src, dest):
        shutil.copy2(src, dest)
        with contextlib.suppress(OSError):
            info = os.stat(src)
            os.chown(dest, info.st_uid, info.st_gid)

    def append_to_file(self, filename, str):
        with open(os.path.expanduser(os.path.expandvars(filename)), 'a') as file:
            file.write(str)

    def atomic_move(self, src, dest, unsafe_writes=False, keep_dest_attrs=True):
        """Puts a file in the place of another at once, with the other's owner and mode."""
        known = None
        with contextlib.suppress(OSError):
            known = os.stat(dest)
        beside = None
        try:
            where = os.path.dirname(os.path.abspath(to_text(dest)))
            handle, beside = tempfile.mkstemp(prefix='.ansible_tmp', dir=where)
            os.close(handle)
            shutil.copyfile(src, beside)
            if known is not None and keep_dest_attrs:
                os.chmod(beside, stat.S_IMODE(known.st_mode))
                with contextlib.suppress(OSError):
                    os.chown(beside, known.st_uid, known.st_gid)
            elif known is None:
                mask = os.umask(0)
                os.umask(mask)
                os.chmod(beside, 0o666 & ~mask)
            os.rename(beside, dest)
            self.cleanup(src)
        except OSError as error:
            if beside:
                self.cleanup(beside)
            if not (unsafe_writes and os.path.exists(dest)):
                self.fail_json(msg='Could not replace file: %s to %s: %s' % (src, dest, error))
            shutil.copyfile(src, dest)
            self.cleanup(src)

    def load_file_common_arguments(self, params, path=None):
        path = path or params.get('path') or params.get('dest')
        if path is None:
            return {}
        path = os.path.expanduser(os.path.expandvars(path))
        if params.get('follow') and os.path.islink(path):
            path = os.path.realpath(path)
        context = [params.get(name) for name in ('seuser', 'serole', 'setype', 'selevel')]
        return dict(path=path, mode=params.get('mode'), owner=params.get('owner'), group=params.get('group'),
                    seuser=context[0], serole=context[1], setype=context[2], selevel=context[3], secontext=context,
                    attributes=params.get('attributes'))

    def user_and_group(self, path, expand=True):
        info = os.lstat(os.path.expanduser(path) if expand else path)
        return info.st_uid, info.st_gid

    def set_owner_if_different(self, path, owner, changed, diff=None, expand=True):
        if owner is None:
            return changed
        return self._chown(path, owner, 'owner', diff) or changed

    def set_group_if_different(self, path, group, changed, diff=None, expand=True):
        if group is None:
            return changed
        return self._chown(path, group, 'group', diff) or changed

    def _chown(self, path, name, what, diff):
        path = os.path.expanduser(os.path.expandvars(path))
        try:
            wanted = int(name)
        except ValueError:
            try:
                wanted = pwd.getpwnam(name).pw_uid if what == 'owner' else grp.getgrnam(name).gr_gid
            except KeyError:
                self.fail_json(path=path, msg='ch%s failed: failed to look up %s %s' % (
                    'own' if what == 'owner' else 'grp', 'user' if what == 'owner' else 'group', name))
        found = self.user_and_group(path)[0 if what == 'owner' else 1]
        if found == wanted:
            return False
        self._tell(diff, what, found, wanted)
        if not self.check_mode:
            try:
                os.lchown(path, *((wanted, -1) if what == 'owner' else (-1, wanted)))
            except OSError as error:
                self.fail_json(path=path, msg='ch%s failed: %s' % ('own' if what == 'owner' else 'grp', error))
        return True

    def _tell(self, diff, what, before, after):
        if diff is not None:
            diff.setdefault('before', {})[what] = before
            diff.setdefault('after', {})[what] = after

    def set_mode_if_different(self, path, mode, changed, diff=None, expand=True):
        if mode is None:
            return changed
        path = os.path.expanduser(os.path.expandvars(path)) if expand else path
        if self.check_mode and not os.path.exists(path):
            return True
        info = os.lstat(path)
        if not isinstance(mode, int):
            try:
                mode = int(mode, 8)
            except ValueError:
                try:
                    mode = self._symbolic_mode_to_octal(info, mode)
                except Exception as error:
                    self.fail_json(path=path, msg='mode must be in octal or symbolic form', details=str(error))
        found = stat.S_IMODE(info.st_mode)
        if found == mode or stat.S_ISLNK(info.st_mode):
            return changed
        self._tell(diff, 'mode', '0%03o' % found, '0%03o' % mode)
        if not self.check_mode:
            try:
                os.chmod(path, mode)
            except OSError as error:
                self.fail_json(path=path, msg='chmod failed', details=str(error))
        return True

    @classmethod
    def _symbolic_mode_to_octal(cls, path_stat, symbolic_mode):
        mode, is_dir = stat.S_IMODE(path_stat.st_mode), stat.S_ISDIR(path_stat.st_mode)
        shifts, letters = dict(u=6, g=3, o=0), dict(r=4, w=2, x=1)
        for clause in symbolic_mode.split(','):
            found = re.match(r'^([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)$', clause)
            if not found:
                raise ValueError('bad symbolic permission for mode: %s' % clause)
            who = found.group(1) or 'a'
            who = 'ugo' if 'a' in who else who
            for sign, perms in re.findall(r'([-+=])([rwxXst]*|[ugo])', found.group(2)):
                bits = 0
                for user in who:
                    for letter in perms:
                        if letter in letters:
                            bits |= letters[letter] << shifts[user]
                        elif letter == 'X' and (is_dir or mode & 0o111):
                            bits |= 1 << shifts[user]
                        elif letter in shifts:
                            bits |= ((mode >> shifts[letter]) & 7) << shifts[user]
                        elif letter == 's':
                            bits |= dict(u=0o4000, g=0o2000, o=0)[user]
                        elif letter == 't':
                            bits |= 0o1000
                mask = reduce(lambda all_, user: all_ | (7 << shifts[user]), who, 0)
                mode = {'+': mode | bits, '-': mode & ~bits, '=': (mode & ~mask) | bits}[sign]
        return mode

    def set_fs_attributes_if_different(self, file_args, changed, diff=None, expand=True):
        changed = self.set_owner_if_different(file_args['path'], file_args['owner'], changed, diff, expand)
        changed = self.set_group_if_different(file_args['path'], file_args['group'], changed, diff, expand)
        return self.set_mode_if_different(file_args['path'], file_args['mode'], changed, diff, expand)

    set_file_attributes_if_different = set_directory_attributes_if_different = set_fs_attributes_if_different

    def check_file_absent_if_check_mode(self, file_path):
        return self.check_mode and not os.path.exists(file_path)

    def selinux_enabled(self):
        return False

    def selinux_mls_enabled(self):
        return False

    def selinux_context(self, path):
        return [None, None, None]

    def set_context_if_different(self, path, context, changed, diff=None):
        return changed

    def set_default_selinux_context(self, path, changed):
        return changed

    def is_executable(self, path):
        return is_executable(path)

    def add_path_info(self, kwargs):
        path = kwargs.get('path', kwargs.get('dest'))
        if path is None or not os.path.lexists(path):
            if path is not None:
                kwargs['state'] = 'absent'
            return kwargs
        info = os.lstat(path)
        kwargs.update(uid=info.st_uid, gid=info.st_gid, mode='0%03o' % stat.S_IMODE(info.st_mode), size=info.st_size)
        with contextlib.suppress(KeyError):
            kwargs['owner'] = pwd.getpwuid(info.st_uid).pw_name
        with contextlib.suppress(KeyError):
            kwargs['group'] = grp.getgrgid(info.st_gid).gr_name
        kinds = ((stat.S_ISLNK, 'link'), (stat.S_ISDIR, 'directory'))
        kind = [word for is_kind, word in kinds if is_kind(info.st_mode)]
        kwargs['state'] = kind[0] if kind else 'hard' if info.st_nlink > 1 else 'file'
        return kwargs

    def human_to_bytes(self, number, isbits=False):
        return human_to_bytes(number, isbits=isbits)

    def bytes_to_human(self, size):
        return bytes_to_human(size)
