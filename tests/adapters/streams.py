"""Cutting a stream as the gateway does, for the tests of every protocol that dials in."""


def cut_all(adapter, stream, *, final=False):
    """([(octets, cut), …], what is left) of ``stream``."""
    pieces, position = [], 0
    while position < len(stream):
        piece = adapter.cut(stream[position:], final=final)
        if piece is None:
            break
        assert piece.size > 0
        pieces.append((stream[position : position + piece.size], piece))
        position += piece.size
    return pieces, stream[position:]


def frames_of(adapter, stream, *, final=False):
    """The frames of ``stream``, without the garbage between them."""
    return [octets for octets, piece in cut_all(adapter, stream, final=final)[0] if not piece.garbage]
