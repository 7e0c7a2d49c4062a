"""What pages share: the only part of pglab that imports Streamlit."""
