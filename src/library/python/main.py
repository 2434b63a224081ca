# Starts the module in this archive: its name is the only argument, its parameters are read from standard input.
import json
import runpy
import sys
import traceback

NEEDS_CORE = 'it is neither in a `module_utils` of yours nor in what baton brings; where ansible-core has it, install that beside baton'


def fail(message, **more):
    print('\n' + json.dumps(dict(more, failed=True, msg=message)))
    sys.exit(1)


def told(error):
    name = getattr(error, 'name', None) or ''
    words = str(error) or type(error).__name__
    if isinstance(error, ImportError) and name.startswith('ansible.module_utils'):
        words = '%s; %s' % (words, NEEDS_CORE)
    if error.__cause__ is not None:
        words = '%s: %s' % (words, told(error.__cause__))
    return words


def main():
    if sys.version_info < (3, 6):
        fail('modules need Python 3.6 or newer, found %s at %s' % (sys.version.split()[0], sys.executable))
    name = sys.argv.pop(1)
    parameters = sys.stdin.buffer.read()
    try:
        from ansible.module_utils import basic
        basic._ANSIBLE_ARGS = parameters
        basic._ANSIBLE_PROFILE = 'legacy'
        known = dict(_module_fqn=name, _modlib_path=sys.path[0])
        runpy.run_module(name, init_globals=known, run_name='__main__', alter_sys=True)
    except Exception as error:
        wanted = json.loads(parameters.decode())['ANSIBLE_MODULE_ARGS'].get('_ansible_tracebacks_for')
        more = dict(exception=traceback.format_exc()) if wanted else {}
        fail('Task failed: Module failed: %s' % told(error), **more)
    fail('Task failed: Module failed: New-style module did not handle its own exit: neither `exit_json` nor `fail_json` was called')


main()
