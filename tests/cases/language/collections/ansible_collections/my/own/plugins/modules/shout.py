#!/usr/bin/python3
from ansible.module_utils.basic import AnsibleModule

from ..module_utils.voice import loud

module = AnsibleModule(argument_spec=dict(text=dict(required=True)))
module.exit_json(text=loud(module.params['text']))
