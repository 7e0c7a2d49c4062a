"""The web app: Streamlit's server for the script `main.py`, and the routes that the stage needs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Thread

import streamlit as st
from starlette.middleware import Middleware

import pglab  # noqa: F401  Import the whole package first, as in main.py.
from pglab.networks import use_one_thread
from pglab.ui.pages import actor_critic_page  # noqa: F401  So that the first visitor need not wait.
from pglab.ui.shell.assets import EarlyAssets, asset_routes
from pglab.ui.shell.housekeeping import keep_house
from pglab.ui.shell.warm_up import warm_up
from pglab.ui.stage.socket import live_route

BASE = st.get_option("server.baseUrlPath") or ""


@asynccontextmanager
async def prepare(_app: st.App) -> AsyncIterator[None]:
    """Prepare the process while it waits for the first visitor; keep house as long as it runs."""
    use_one_thread()
    Thread(target=warm_up, name="warm-up", daemon=True).start()
    housekeeping = asyncio.create_task(keep_house())
    yield
    housekeeping.cancel()


app = st.App(
    "main.py",
    routes=[*asset_routes(BASE), live_route(BASE)],
    middleware=[Middleware(EarlyAssets, base_path=BASE)],
    lifespan=prepare,
)
