import re
from functools import total_ordering


@total_ordering
class LooseVersion:
    """A version that is compared piece by piece, numbers as numbers."""

    def __init__(self, vstring=None):
        self.vstring, self.version = '', []
        if vstring is not None:
            self.parse(vstring)

    def parse(self, vstring):
        self.vstring = str(vstring)
        pieces = re.findall(r'\d+|[a-z]+', self.vstring)
        self.version = [int(piece) if piece.isdigit() else piece for piece in pieces]

    def __str__(self):
        return self.vstring

    def __repr__(self):
        return "LooseVersion ('%s')" % self

    def _of(self, other):
        return other if isinstance(other, LooseVersion) else LooseVersion(other)

    def __eq__(self, other):
        return self.version == self._of(other).version

    def __lt__(self, other):
        return self.version < self._of(other).version

    def __hash__(self):
        return hash(self.vstring)


class StrictVersion(LooseVersion):
    """As the loose one; trailing zeros do not count."""

    def parse(self, vstring):
        super().parse(vstring)
        while self.version and self.version[-1] == 0:
            self.version.pop()
