#!/bin/sh
# Takes its arguments as words of a shell.
. "$1"
case ${name:-} in
nobody) echo '{"failed": true, "msg": "nobody to greet"}' ;;
'') echo 'no name given'; exit 3 ;;
*)
    echo 'a line that is no JSON'
    echo "{\"changed\": true, \"msg\": \"Hello, $name!\", \"raw\": \"{{ 1 + 1 }}\", \"file\": \"$1\"}"
    ;;
esac
