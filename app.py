"""The web app: Streamlit's server for the script `main.py`, and the routes that the stage needs."""

import streamlit as st

import pglab  # noqa: F401  Import the whole package first, as in main.py.
from pglab.ui.shell.assets import asset_routes
from pglab.ui.stage.socket import live_route

BASE = st.get_option("server.baseUrlPath") or ""

app = st.App("main.py", routes=[*asset_routes(BASE), live_route(BASE)])
