#!/usr/bin/python3
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.doubling import double


def main():
    module = AnsibleModule(
        argument_spec=dict(
            number=dict(type='int', required=True, aliases=['n']),
            state=dict(choices=['present', 'absent'], default='present'),
            parts=dict(type='list', elements='dict', options=dict(size=dict(type='bytes', required=True))),
            password=dict(no_log=True),
        ),
        required_if=[('state', 'absent', ['password'])],
        supports_check_mode=True,
    )
    given = module.params
    rc, out, _ = module.run_command(['echo', 'said'], check_rc=True)
    module.exit_json(
        changed=not module.check_mode, twice=double(given['number']), said=out.strip(), password=given['password'],
        sizes=[part['size'] for part in given['parts'] or []], ansible_facts=dict(counted=given['number']))


if __name__ == '__main__':
    main()
