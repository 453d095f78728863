import streamlit as st

st.title("Hello from Streamlit")
st.write("Squares:", [number**2 for number in range(5)])
