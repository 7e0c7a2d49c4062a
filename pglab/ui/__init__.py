"""The pages and the code that they share; no other part of pglab imports Streamlit."""
