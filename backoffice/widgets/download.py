"""A file handed to the browser inside the signed-in page.

Streamlit's own download button serves from an address that asks for no sign-in. Here the bytes go over the page's own
connection and become a file in the browser, so that a report of decisions is never at an open address.
"""

from __future__ import annotations

import base64
from typing import Final

import streamlit as st
from streamlit.components.v2 import component
from streamlit.components.v2.types import ComponentRenderer

from backoffice.client import Download

_SCRIPT: Final = """
export default function (component) {
  const { data } = component;
  if (!data || window.__verdictDownload === data.token) { return; }
  window.__verdictDownload = data.token;
  const raw = atob(data.content);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) { bytes[i] = raw.charCodeAt(i); }
  const address = URL.createObjectURL(new Blob([bytes], { type: data.type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = data.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
"""


@st.cache_resource
def _component() -> ComponentRenderer:
    return component("verdict_download", js=_SCRIPT)


def hand_over(file: Download, token: str) -> None:
    """Save the file from the browser, once for each `token`."""
    content = base64.b64encode(file.content).decode()
    data = {"name": file.name, "type": file.media_type, "content": content, "token": token}
    _component()(data=data, key=f"download_{token}")
