"""One client's conversation with two servers, and where their replies do not agree."""

import itertools

from .comparisons import subscriptions
from .form_parts import Command
from .resp import decode, elements, request

KINDS = {b"SUBSCRIBE": 0, b"UNSUBSCRIBE": 0, b"PSUBSCRIBE": 1, b"PUNSUBSCRIBE": 1, b"SSUBSCRIBE": 2, b"SUNSUBSCRIBE": 2}


class Conversation:
    """Reads the replies to commands sent to both, knowing how many there are and which are inside of an EXEC's.

    `tolerates(command, ours, theirs)` tells of differences that are meant.
    """

    def __init__(self, ours, theirs, known, tolerates):
        self.ours, self.theirs, self.known, self.tolerates = ours, theirs, known, tolerates
        # The commands queued by MULTI; None outside of it.
        self.queue = None
        self.subscribed = [set(), set(), set()]
        self.markers = itertools.count()

    def read(self, command):
        """The replies to one command: (ours, theirs, whether they agree)."""
        if command.reply_count == 0:
            return b"", b"", True
        their_reply, our_reply = self.reply_of(self.theirs, "redis-server"), self.reply_of(self.ours, "ours")
        word = command.arguments[0].upper()
        kind = KINDS.get(word)
        if kind is not None and their_reply[:1] in b"*>":
            return self.read_confirmations(command, kind, our_reply, their_reply)
        queue, self.queue = self.queue, self.queue_after(word, command, their_reply)
        if word == b"RESET" and their_reply[:1] == b"+":
            self.subscribed = [set(), set(), set()]
        if word == b"EXEC" and queue is not None and their_reply[:1] == b"*" == our_reply[:1]:
            for each in queue:
                if each.arguments[0] == b"SUBSCRIBE":
                    self.subscribed[0].update(each.arguments[1:])
            return our_reply, their_reply, self.agree_on_all(queue, our_reply, their_reply)
        return our_reply, their_reply, self.agree(command, our_reply, their_reply)

    @staticmethod
    def reply_of(connection, whose):
        try:
            return connection.reply()
        except (OSError, ValueError) as error:
            raise ConnectionError(f"{whose}: {error!r}") from error

    def out_of_step(self):
        """What each server answers that is not what was asked last; None where both keep step."""
        marker = b"marker %d" % next(self.markers)
        replies = []
        for connection in (self.ours, self.theirs):
            connection.send(request("PING", marker))
            replies.append(connection.reply())
        if self.queue is not None and replies == [b"+QUEUED\r\n"] * 2:
            self.queue.append(Command("marker", (b"PING", marker)))
            return None
        if all(marker in reply for reply in replies) and not self.ours.has_bytes():
            return None
        return tuple(replies)

    def queue_after(self, word, command, reply):
        if reply == b"+QUEUED\r\n":
            return [*(self.queue or ()), command]
        if word == b"MULTI" and reply[:1] == b"+":
            return []
        if word in (b"EXEC", b"RESET", b"QUIT") or (word == b"DISCARD" and reply[:1] == b"+"):
            return None
        return self.queue

    def read_confirmations(self, command, kind, our_reply, their_reply):
        names = set(command.arguments[1:])
        is_end = b"UNSUB" in command.arguments[0].upper()
        count = len(command.arguments) - 1 or max(1, len(self.subscribed[kind]))
        if is_end:
            self.subscribed[kind] -= names or self.subscribed[kind]
        else:
            self.subscribed[kind] |= names
        theirs = [their_reply, *self.theirs.replies(count - 1)]
        if our_reply[:1] != their_reply[:1]:
            return our_reply, their_reply, False
        ours = [our_reply, *self.ours.replies(count - 1)]
        agree = ours == theirs or subscriptions(*([decode(each) for each in both] for both in (ours, theirs)), self.known)
        return b"".join(ours), b"".join(theirs), agree

    def agree_on_all(self, queue, ours, theirs):
        if ours == theirs:
            return True
        ours, theirs = elements(ours), elements(theirs)
        return len(ours) == len(theirs) == len(queue) and all(
            self.agree(*each) for each in zip(queue, ours, theirs))

    def agree(self, command, ours, theirs):
        if ours == theirs:
            return True
        return self.are_alike(command, ours, theirs) or self.tolerates(command, ours, theirs)

    def are_alike(self, command, ours, theirs):
        if command.comparison is None or b"-" in (ours[:1], theirs[:1]):
            return False
        try:
            return command.comparison(decode(ours), decode(theirs), self.known)
        except (TypeError, AttributeError, LookupError):
            # Not even of the form that the comparison is for.
            return False
