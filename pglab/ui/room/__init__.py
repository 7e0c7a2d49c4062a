"""The pages with which phones take part in a room. They are small and do not use Streamlit."""
