import logging
import time

from fastapi import APIRouter
from starlette.websockets import WebSocket

from gateway.middleware.request_id import request_id_of
from gateway.services import Injected
from gateway.settings import Settings
from gateway.streams.ended import UNEXPECTED, Ended
from gateway.streams.roles import Limits
from gateway.streams.session import Session
from gateway.streams.socket import SocketChannel
from gateway.streams.wanted import Wanted
from gateway.streams.work import Work

router = APIRouter()
logger = logging.getLogger("gateway.access")


@router.websocket("/v1/stream")
async def stream(socket: WebSocket, services: Injected) -> None:
    """Refuse with an HTTP answer, or converse. What is refused never was a session."""
    with services.streams.one_more():
        wanted, work = Wanted.from_query(socket.query_params), Work(services)
        await work.check(wanted)
        await socket.accept()
        channel, request_id = SocketChannel(socket), request_id_of(socket.scope)
        session = Session(channel, work, wanted, _limits(services.settings), request_id)
        await channel.close(await _served(session, request_id))


async def _served(session: Session, request_id: str) -> Ended:
    started = time.perf_counter()
    ended = Ended(UNEXPECTED, "something unexpected went wrong on the server", ours=True)
    try:
        ended = await session.run()
    except Exception:
        logger.exception("unexpected error, session %s", request_id, extra={"request_id": request_id})
    finally:
        _log(session, ended, time.perf_counter() - started, request_id)
    return ended


def _log(session: Session, ended: Ended, seconds: float, request_id: str) -> None:
    words = (ended.code, session.received, session.dropped, seconds, request_id)
    facts = {
        "request_id": request_id,
        "route": "/v1/stream",
        "close_code": ended.code,
        "frames": session.received,
        "dropped": session.dropped,
        "duration_ms": round(seconds * 1e3, 2),
    }
    logger.info("stream %d, %d frames, %d dropped, %.1f s %s", *words, extra=facts)


def _limits(settings: Settings) -> Limits:
    return Limits(
        in_flight=settings.stream_in_flight,
        frame_deadline=settings.frame_deadline_seconds,
        idle=settings.stream_idle_seconds,
        send=settings.stream_send_seconds,
    )
