#!/bin/sh
cat <<'END'
{"web": {"hosts": ["w1", "w2"], "vars": {"a": 1, "t": "{{ x }}"}, "children": ["inner"]},
 "inner": ["i1", "i2"],
 "bare": {},
 "alone1": {"vars": {"only": true}},
 "_meta": {"hostvars": {"w1": {"n": 1, "s": "1", "l": [1, null, true, 1.5]}, "unlisted": {"x": 1}}}}
END
