"""Defines the web app: Streamlit's pages, and further routes for live pictures and phones."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Thread

import streamlit as st
from starlette.middleware import Middleware

import pglab.config  # noqa: F401  Import this package before its parts, as in main.py.
from pglab.networks import use_one_thread
from pglab.session.sharing.threads import share_one_core
from pglab.ui.pages import actor_critic_page  # noqa: F401  Saves time for the first visitor.
from pglab.ui.room.routes import room_routes
from pglab.ui.shell.assets import EarlyAssets, asset_routes
from pglab.ui.shell.owner import OwnerCookie
from pglab.ui.shell.process.housekeeping import keep_house
from pglab.ui.shell.process.process_name import ProcessCookie, process_name
from pglab.ui.shell.process.warm_up import prepare_process
from pglab.ui.stage.socket import live_route

BASE = st.get_option("server.baseUrlPath") or ""


@asynccontextmanager
async def prepare(_app: st.App) -> AsyncIterator[None]:
    """Warm up the process in a thread. Until the app stops, free the memory of ended visits."""
    use_one_thread()
    share_one_core(process_name())
    Thread(target=prepare_process, name="warm-up", daemon=True).start()
    housekeeping = asyncio.create_task(keep_house())
    yield
    housekeeping.cancel()


app = st.App(
    "main.py",
    routes=[*asset_routes(BASE), live_route(BASE), *room_routes(BASE)],
    middleware=[
        Middleware(EarlyAssets, base_path=BASE),
        Middleware(OwnerCookie, base_path=BASE),
        Middleware(ProcessCookie, base_path=BASE),
    ],
    lifespan=prepare,
)
