"""Code that the pages share. It is the only part of pglab that imports Streamlit."""
