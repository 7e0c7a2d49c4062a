"""Code that the pages share; no other part of pglab imports Streamlit."""
