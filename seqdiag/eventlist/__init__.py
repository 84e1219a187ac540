"""The event list file, `seqdiag.events/1`: a Recording in, JSON Lines out; JSON Lines in, the same Recording out.

    read(write(recording)) == recording, for every kind of event

Line 1 is a header; later headers may follow. Each line stands for itself, so that a kill loses at most the last one.
Unknown fields and unknown kinds are ignored, an unknown version is refused, anything else that is wrong is named by
its line number. Losses are Remarks among the events.
"""

from seqdiag.eventlist.lines import VERSION, schema
from seqdiag.eventlist.reading import read
from seqdiag.eventlist.writing import write

__all__ = ["VERSION", "read", "schema", "write"]
