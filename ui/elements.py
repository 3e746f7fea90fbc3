"""Custom elements of `static/*.js` as Gradio components."""

from __future__ import annotations

from typing import Any

import gradio as gr

# The template never changes, so Gradio leaves the element alone and only hands it new data.
CONNECT = """
const view = element.firstElementChild;
const show = () => { view.data = props.value; };
for (const name of [%s]) view.addEventListener(name, (event) => trigger(name, event.detail ?? {}));
watch('value', show);
show();
"""


def element(tag: str, value: Any = None, *, events: tuple[str, ...] = (), **options: Any) -> gr.HTML:
    """Return a component that shows `value` (anything that JSON can say) as the property `data` of the element `tag`.

    `events` are the names of DOM events of the element that become events of the component.
    """
    names = ", ".join(f"'{name}'" for name in events)
    return gr.HTML(
        value, html_template=f"<{tag}></{tag}>", js_on_load=CONNECT % names, apply_default_css=False, **options
    )
