import sys
from builtins import filter, input, map, range, zip  # noqa: F401
import configparser
from functools import reduce  # noqa: F401
import http.client as http_client
import http.cookiejar as http_cookiejar
from io import StringIO  # noqa: F401
from itertools import filterfalse, zip_longest  # noqa: F401
import pickle as cPickle  # noqa: F401
import queue
from shlex import quote as shlex_quote  # noqa: F401
import urllib
import urllib.error
import urllib.parse
import urllib.request

xrange = range
for _name, _module in (('configparser', configparser), ('http_client', http_client), ('queue', queue),
                       ('http_cookiejar', http_cookiejar), ('urllib', urllib), ('urllib.error', urllib.error),
                       ('urllib.parse', urllib.parse), ('urllib.request', urllib.request)):
    sys.modules[__name__ + '.' + _name] = _module
