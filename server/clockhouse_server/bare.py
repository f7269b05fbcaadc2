"""One route without the framework's own layers between the server's middleware and it."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send


class Bare:
    """Middleware that answers one route itself, for a path without parameters that is asked all day.

    Its exceptions are answered by the application's own handlers, as those of every other route are.
    """

    def __init__(self, app: ASGIApp, *, route: Route) -> None:
        self._app, self._route = app, route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._route
        asked = scope["type"] == "http" and scope["path"] == route.path
        if not asked or scope["method"] not in (route.methods or ()):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive, send)
        try:
            response: Response = await route.endpoint(request)
        except Exception as problem:  # noqa: BLE001 - raised again where nobody answers it
            response = await _handled(request, problem)
        await response(scope, receive, send)


async def _handled(request: Request, problem: Exception) -> Response:
    """The answer of the handler for this kind of exception; raises it again where there is none."""
    handlers = request.app.exception_handlers
    for kind in type(problem).__mro__:
        if kind is Exception:  # the outermost layer's, which logs it
            break
        if kind in handlers:
            answer: Response = await handlers[kind](request, problem)
            return answer
    raise problem
