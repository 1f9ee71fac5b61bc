"""A rasa-sdk package called in this very process: no port, no second interpreter.

rasa-sdk's own executor runs the actions; around it stands what its web server adds: the
status codes, the JSON.  So mocks, breakpoints and in-memory databases of a test reach
into the action.  What an action raised is kept (`raised`), for a test to show.

Actions are looked for as rasa-sdk does it, in the package and all modules below it; but
of the action classes that other modules of this process hold, a test's own for example,
only those count that the package gets hold of itself.

An asynchronous action runs on a loop of ours, in the thread of the test.  Where a loop
runs there already, `acall` uses that one, and `call` runs the action in a thread of its
own.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import pkgutil
import sys
import threading
import time
import traceback
import zlib
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, replace
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from rasa_mock.clients import witness
from rasa_mock.clients.base import ACTIONS, HEALTH
from rasa_mock.clients.process import Place
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.exchange import exchange
from rasa_mock.core.wire import ActionRequest, Reply
from rasa_mock.errors import UsageError

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")
# Nothing is sent there; a request has to be addressed to something.
NOWHERE = Endpoint(url="http://localhost:5055/webhook", timeout=10.0)
CONTENT_TYPE = "application/json"
# Of these modules rasa-sdk registers nothing.
NOT_THE_USERS = ("rasa_core.", "rasa.", "rasa_sdk.", "rasa_core_sdk.")
# rasa-sdk's exceptions that are answers, by name: not every release has each of them.
TOLD = {
    "ActionExecutionRejection": 400,
    "ActionNotFoundException": 404,
    "ActionMissingDomainException": 449,
}


class InProcessClient:
    """Calls the actions of a rasa-sdk executor; see `load_actions` and `of_actions`.

    The endpoint's `timeout` bounds what an action awaits; one that never gives the loop
    back cannot be stopped.
    """

    def __init__(self, executor: Any, *, endpoint: Endpoint = NOWHERE) -> None:
        self.executor = executor
        self.endpoint = endpoint
        self.raised: Exception | None = None
        # A loop for each thread that calls: two may do so at once.
        self._loops: dict[int, Loop] = {}
        self._beside: tuple[ThreadPoolExecutor, Loop] | None = None

    def call(self, request: ActionRequest) -> Reply:
        """Run the action of a request and give what its server would answer."""
        return self._run(self.acall(request))

    async def acall(self, request: ActionRequest) -> Reply:
        """Do the same in the loop that runs."""
        begun, limit = time.monotonic(), self.endpoint.timeout
        try:
            reply = await asyncio.wait_for(self._exchanged(request), limit)
        except asyncio.TimeoutError:
            detail = f"the action awaited something for more than {limit:g} s"
            reply = Reply(failure="timeout", detail=detail)
        return replace(reply, elapsed=time.monotonic() - begun)

    def get(self, path: str) -> Reply:
        """Answer as rasa-sdk's server answers GET of a path."""
        if path == HEALTH:
            return _written(200, {"status": "ok"}).reply()
        if path == ACTIONS:
            names = [{"name": name} for name in self.list_actions()]
            return _written(200, names).reply()
        error = f"Requested URL {path} not found"
        return _written(500, {"error": error, "request_body": None}).reply()

    def list_actions(self) -> tuple[str, ...]:
        """Give the names of the actions."""
        return tuple(self.executor.actions)

    @contextmanager
    def lent(self, action: Any) -> Iterator[str]:
        """Let one action, an object or a class, stand in until the block ends."""
        before = dict(self.executor.actions)
        try:
            yield register(self.executor, action)
        finally:
            self.executor.actions = before

    def close(self) -> None:
        """Close the loops."""
        while self._loops:
            self._loops.popitem()[1].close()
        if self._beside is not None:
            pool, loop = self._beside
            pool.submit(loop.close).result()
            pool.shutdown()
            self._beside = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Wait for a coroutine, also where a loop runs in this thread."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            loop = self._loops.setdefault(threading.get_ident(), Loop())
            return loop.run(coroutine)
        if self._beside is None:
            self._beside = (ThreadPoolExecutor(max_workers=1), Loop())
        pool, loop = self._beside
        return pool.submit(copy_context().run, loop.run, coroutine).result()

    async def _exchanged(self, request: ActionRequest) -> Reply:
        """Send what belongs to a call: the request, and once more with the domain."""
        steps = exchange(request, endpoint=self.endpoint)
        try:
            request = next(steps)
            while True:
                request = steps.send(await self._answer(request))
        except StopIteration as stop:
            answer: Reply = stop.value
            return answer

    async def _answer(self, request: ActionRequest) -> Reply:
        """Run an action as the webhook of rasa-sdk does, and say what it told."""
        self.raised = None
        body = zlib.decompress(request.body) if request.chunks else request.body
        # Its own copy, as over the wire: an action may write into what it is given.
        payload = json.loads(body)
        try:
            result = await self.executor.run(payload)
            written = _written(200, result if result is None else as_object(result))
        except Exception as error:  # noqa: BLE001 - an action may raise anything
            written = self._told(error, payload)
        witness.tell(None, written)
        return written.reply()

    def _told(self, error: Exception, payload: Any) -> Written:
        status = TOLD.get(type(error).__name__)
        if status is None:
            self.raised = error
            return _written(500, {"error": str(error), "request_body": payload})
        told: Any = error
        return _written(
            status, {"error": told.message, "action_name": told.action_name}
        )


@dataclass(slots=True, kw_only=True)
class Written:
    """An answer to which headers may still be added."""

    status: int
    body: bytes
    headers: dict[str, str]

    def reply(self) -> Reply:
        """Return the answer as a client gets it."""
        return Reply(status=self.status, headers=self.headers, body=self.body)


def _written(status: int, body: Any) -> Written:
    """Write a body with the JSON writer of rasa-sdk's server."""
    response = import_module("sanic.response").json(body, status=status)
    headers = {"Content-Type": CONTENT_TYPE}
    return Written(status=status, body=response.body, headers=headers)


class Loop:
    """An event loop that is made when it is needed, and lives as long as a server's."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        return self._loop.run_until_complete(coroutine)

    def close(self) -> None:
        """End what actions have left running, and the loop."""
        loop, self._loop = self._loop, None
        if loop is None:
            return
        loop.run_until_complete(_wind_up())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _wind_up() -> None:
    """Cancel the tasks that are left."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def load_actions(place: Place) -> Any:
    """Import a package and everything below it; return an executor with its actions.

    Raises UsageError if it cannot be imported, or rasa-sdk is missing.
    """
    utils = _sdk("utils")
    folder = str(place.folder)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        modules = [*_imported(place.module)]
    except Exception as error:
        raise UsageError(_not_imported(place, error)) from error
    classes = utils.all_subclasses(_sdk("interfaces").Action)
    return _executor(_of_package(classes, modules))


def of_actions(actions: Iterable[Any]) -> Any:
    """Return an executor with some actions, objects or classes of rasa-sdk."""
    return _executor(actions)


def register(executor: Any, action: Any) -> str:
    """Add an action to an executor, watched; return its name."""
    if inspect.isclass(action):
        try:
            action = action()
        except TypeError as error:
            raise UsageError(
                f"cannot make an action of {action.__qualname__}: {error}; hand over "
                "an object in place of the class"
            ) from error
    executor.register_action(action)
    name: str = action.name()
    function = executor.actions[name]
    watched = (
        witness.WatchedCoroutine
        if inspect.iscoroutinefunction(function)
        else witness.Watched
    )
    executor.actions[name] = watched(function).run
    return name


def _executor(actions: Iterable[Any]) -> Any:
    executor = _sdk("executor").ActionExecutor()
    for action in actions:
        register(executor, action)
    return executor


def _sdk(module: str) -> ModuleType:
    try:
        return import_module(f"rasa_sdk.{module}")
    except ModuleNotFoundError as error:
        if error.name != "rasa_sdk":
            raise
        raise UsageError(
            "this Python has no rasa-sdk, which runs actions in process; pip install "
            "rasa-sdk, or give the URL of a running action server"
        ) from error


def _imported(name: str) -> Iterator[ModuleType]:
    """Import a module and those below it, in rasa-sdk's order."""
    module = import_module(name)
    yield module
    for found in pkgutil.iter_modules(getattr(module, "__path__", []), f"{name}."):
        yield from _imported(found.name)


def _of_package(classes: Iterable[Any], modules: Iterable[ModuleType]) -> list[Any]:
    """Choose the classes that rasa-sdk would find in a process of its own."""
    known = {module.__name__ for module in modules}
    mine = [
        each
        for each in dict.fromkeys(classes)
        if not each.__module__.startswith(NOT_THE_USERS)
        and not inspect.isabstract(each)
        and _is_current(each)
    ]
    if any(each.__module__ not in known for each in mine):
        known = _reached(known)
    return [each for each in mine if each.__module__ in known]


def _is_current(each: Any) -> bool:
    """Tell whether a class is still that of its module, which may be a newer one."""
    found: Any = sys.modules.get(each.__module__)
    for part in each.__qualname__.split("."):
        if part == "<locals>":
            return True
        found = getattr(found, part, None)
    return found is each


def _reached(names: set[str]) -> set[str]:
    """Follow what modules hold of other modules, but for the standard library."""
    found, waiting = set(names), list(names)
    while waiting:
        module = sys.modules.get(waiting.pop())
        for value in list(vars(module).values()) if module is not None else ():
            name = value.__name__ if isinstance(value, ModuleType) else _home(value)
            top = name.partition(".")[0]
            if name not in found and top not in (*sys.stdlib_module_names, "rasa_sdk"):
                found.add(name)
                waiting.append(name)
    return found


def _home(value: Any) -> str:
    home = getattr(value, "__module__", None) if callable(value) else None
    return home if isinstance(home, str) else ""


def _not_imported(place: Place, error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name == place.module:
        return (
            f"there is no package {place.module!r} in {str(place.folder)!r}; expected "
            "what follows --actions when rasa-sdk is started by hand"
        )
    last = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"the package {place.module!r} cannot be imported: {type(error).__name__}: "
        f"{error} ({last.filename}:{last.lineno}); correct it, or install what it needs"
    )


def as_object(result: Any) -> Any:
    """Return what an executor of any release gives as the object that is written."""
    dump: Callable[[], Any] | None = getattr(result, "model_dump", None)
    return result if dump is None else dump()
