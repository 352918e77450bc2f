"""Judges in processes of their own: documents from outside are parsed there, with bounds on memory and time.

Two reasons. A document that finds a hole in a library takes a child with it and not the hub; and judging, which is most
of the work, runs on every core. Rule: a child that dies, or does not answer in time, is a Defect for the document that
it had; it is replaced, and nobody else notices.
"""

from __future__ import annotations

import importlib
import json
import pickle  # between ourselves alone, over a private socket
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from hub.contract import Trust
from hub.document import pipe
from hub.flow.judge import Judge, Terms
from hub.flow.ruling import Ruling, ruler
from hub.message.errors import Defect, Fault, HubError, Unavailable

MEMORY = 2 * 1024**3  # bytes of address space that a child may have
TOGETHER = 8  # documents that are handed to a child at once, at most
LARGE = 256 * 1024  # bytes of documents after which no more are handed over with them
STARTING = 60.0  # seconds that a child may take to start
_START = "import json, sys; sys.path[:] = json.loads(sys.argv[2]); from hub.flow.judges import main; main()"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a child makes its Judge: a function named `module:function`, and what it is called with."""

    function: str
    given: Mapping[str, Any]

    def make(self) -> Judge:
        """The Judge."""
        module, _, name = self.function.partition(":")
        judge: Judge = getattr(importlib.import_module(module), name)(**self.given)
        return judge


class _Child:
    """One judge in its process, as its parent holds it."""

    def __init__(self, recipe: Recipe) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
                [sys.executable, "-I", "-c", _START, str(theirs.fileno()), json.dumps([p for p in sys.path if p])],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        pipe.send(self._socket, pickle.dumps(recipe))
        self._ready = False

    def ask(self, questions: Sequence[bytes], seconds: float) -> list[Ruling | str]:
        """The child's answers, in order. Raises pipe.Lost where it died or took too long, Unavailable where it
        cannot start.
        """
        if not self._ready:
            try:
                pipe.receive(self._socket, STARTING)
            except pipe.Lost:
                raise Unavailable("a judge could not be started") from None
            self._ready = True
        pipe.send(self._socket, len(questions).to_bytes(4, "big"), seconds)
        for question in questions:
            pipe.send(self._socket, question, seconds)
        answers: list[Ruling | str] = pickle.loads(pipe.receive(self._socket, seconds))  # noqa: S301 - from our own child
        return answers

    def end(self) -> None:
        """Close the socket, which tells the child to go, and see that it does."""
        self._socket.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@dataclass(frozen=True, slots=True)
class _Case:
    """One document in the line, and where its answer goes."""

    question: bytes
    answer: Future[Ruling | str]


class Judges:
    """A pool of judges, a thread for each. Callable as a `Rule`, from any thread.

    Documents that wait together are handed over together. Where a child fails on several, each is tried alone with a
    fresh one, so that a document that kills judges is found out and its neighbours are judged.
    """

    def __init__(self, recipe: Recipe, count: int, seconds: float = 30.0) -> None:
        self._recipe, self._count, self._seconds = recipe, count, seconds
        self._line: SimpleQueue[_Case | None] = SimpleQueue()
        children = [_Child(recipe) for _ in range(count)]
        self._threads = [Thread(target=self._run, args=(child,), name="judges", daemon=True) for child in children]
        for thread in self._threads:
            thread.start()

    def __call__(self, raw: bytes, trust: Trust, at: datetime, terms: Terms) -> Ruling:
        """The ruling on a document. Raises Defect where the child failed on it, died or took too long."""
        case = _Case(pickle.dumps((raw, trust, at, terms)), Future())
        self._line.put(case)
        answer = case.answer.result()
        if isinstance(answer, Ruling):
            return answer
        raise Defect(answer)

    def close(self) -> None:
        """End every judge. Nobody may be judging any more."""
        for _ in self._threads:
            self._line.put(None)
        for thread in self._threads:
            thread.join(self._seconds)

    def _run(self, child: _Child) -> None:
        closing = False
        while not closing:
            cases, closing = self._next_cases()
            if cases:
                child = self._judged(child, cases)
        child.end()

    def _next_cases(self) -> tuple[list[_Case], bool]:
        """The next in the line and its share of those behind it; and whether this was the last."""
        cases: list[_Case] = []
        share, size = 1, 0
        while len(cases) < share and size < LARGE:
            try:
                case = self._line.get(block=not cases)
            except Empty:
                break
            if case is None:
                return cases, True
            cases.append(case)
            size += len(case.question)
            share = min(TOGETHER, 1 + self._line.qsize() // self._count) if len(cases) == 1 else share
        return cases, False

    def _judged(self, child: _Child, cases: Sequence[_Case]) -> _Child:
        """Give every case its answer. The child to go on with."""
        try:
            answers = child.ask([case.question for case in cases], self._seconds)
        except Unavailable as cause:
            for case in cases:
                case.answer.set_exception(cause)
        except pipe.Lost:
            if len(cases) == 1:
                cases[0].answer.set_result("a judge died of this document, or did not answer in time")
            else:
                child = self._anew(child)
                for case in cases:
                    child = self._judged(child, [case])
                return child
        else:
            for case, answer in zip(cases, answers, strict=True):
                case.answer.set_result(answer)
            return child
        return self._anew(child)

    def _anew(self, child: _Child) -> _Child:
        child.end()
        return _Child(self._recipe)


def too_hard() -> Fault:
    """What a sender is told of a document on which the hub failed twice."""
    words = (
        "The hub could not read this document. It is kept, and the failure, which is ours, was logged. Ask for help."
    )
    return Fault(path="", rule="hub-defect", words=words)


def main() -> None:
    """The child: make a Judge, then judge what comes until the parent closes the socket or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as parent:
        judge = pickle.loads(pipe.receive(parent)).make()  # noqa: S301 - from our own parent
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        pipe.send(parent, b"ready")
        _serve(parent, ruler(judge))
        judge.layers.explainer.close()


def _serve(parent: socket.socket, rule: Callable[..., Ruling]) -> None:
    while True:
        try:
            count = int.from_bytes(pipe.receive(parent), "big")
            answers = [_answer(rule, pipe.receive(parent)) for _ in range(count)]
        except pipe.Lost:
            return
        try:
            pipe.send(parent, pickle.dumps(answers))
        except pipe.Lost:
            return


def _answer(rule: Callable[..., Ruling], question: bytes) -> Ruling | str:
    try:
        return rule(*pickle.loads(question))  # noqa: S301 - from our own parent
    except HubError as cause:
        return str(cause)
