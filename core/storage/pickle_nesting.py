"""Nesting depth of the containers in a pickle, computed without executing it.

Hashing or freeing a tuple in a tuple in a tuple … recurses in C and can crash the process without a message, and ten
nested tuples that each contain the next one twice have a thousand elements to hash. Both are bounded here while the
operations are read.
"""

import pickletools
from dataclasses import dataclass

MAX_DEPTH = 64  # containers in each other; a training checkpoint with its optimizer has ten
MAX_TUPLE = 256  # elements of a tuple and the tuples in it; `torch.save` writes six
_TUPLES = {"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_TUPLE"}
_FILLING = {"APPEND", "APPENDS", "SETITEM", "SETITEMS", "ADDITEMS", "BUILD"}
_EMPTY = {"EMPTY_LIST", "EMPTY_DICT", "EMPTY_SET"}
_PUT, _GET = {"PUT", "BINPUT", "LONG_BINPUT"}, {"GET", "BINGET", "LONG_BINGET"}


@dataclass(slots=True)
class _Item:
    """A value on the pickle's stack.

    size: elements of a tuple, including those of its tuples; placed: whether it is in another container.
    """

    depth: int = 0
    size: int = 1
    placed: bool = False


_SCALAR, _MARK = _Item(), _Item()


class Nesting:
    """The stack and memo of one pickle, with the depth of each value instead of the value."""

    def __init__(self) -> None:
        self._stack: list[_Item] = []
        self._memo: dict[int, _Item] = {}

    def follow(self, operation: pickletools.OpcodeInfo, argument: object) -> None:
        """Apply an operation to the depths. Raises ValueError, IndexError or KeyError: too deep, or damaged."""
        name, stack = operation.name, self._stack
        if name in _PUT or name == "MEMOIZE":
            self._memo[len(self._memo) if name == "MEMOIZE" else _number(argument)] = stack[-1]
        elif name in _GET:
            stack.append(self._memo[_number(argument)])
        elif name == "DUP":
            stack.append(stack[-1])
        elif name == "MARK":
            stack.append(_MARK)
        else:
            taken = self._taken(operation)
            if name in _FILLING:
                stack.append(_filled(taken[0], taken[1:]))
            elif operation.stack_after:
                stack.append(_made(name, taken))

    def _taken(self, operation: pickletools.OpcodeInfo) -> list[_Item]:
        """Pop the arguments of the operation and return them in stack order, without the mark."""
        before = operation.stack_before
        if pickletools.markobject not in before:
            return [self._stack.pop() for _ in before][::-1]
        taken = []
        while (item := self._stack.pop()) is not _MARK:
            taken.append(item)
        taken += [self._stack.pop() for _ in range(before.index(pickletools.markobject))]
        return taken[::-1]


def _number(argument: object) -> int:
    if not isinstance(argument, int):
        raise ValueError("a memo without a number")
    return argument


def _made(name: str, parts: list[_Item]) -> _Item:
    """Return the item that an operation creates from its arguments."""
    if not parts and name not in _EMPTY | _TUPLES:
        return _SCALAR
    return _checked(_Item(1, 1 + sum(part.size for part in parts) if name in _TUPLES else 1), parts)


def _filled(container: _Item, parts: list[_Item]) -> _Item:
    """Return the container with `parts` added. Raises ValueError if another container already holds it."""
    if container.placed or container is _SCALAR:  # its depth has been counted in the other container
        raise ValueError("a container that is filled after it was put into another")
    return _checked(container, parts)


def _checked(item: _Item, parts: list[_Item]) -> _Item:
    item.depth = max([item.depth, *(part.depth + 1 for part in parts)])
    if item.depth > MAX_DEPTH or item.size > MAX_TUPLE:
        raise ValueError("containers nested more deeply than in any model")
    for part in parts:
        if part is not _SCALAR:
            part.placed = True
    return item
