"""How the page looks: a quiet gallery wall, by day and by night. Fonts are the visitor's own, so nothing is fetched."""

from __future__ import annotations

import gradio as gr

SANS = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")

CSS = """
.gradio-container { width: 100%; max-width: 1240px !important; margin: 0 auto !important; }
#introduction h1 {
    font: 400 2rem/1.2 "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, serif;
    letter-spacing: 0.01em; margin: 0 0 0.1rem;
}
#introduction p { color: var(--body-text-color-subdued); margin: 0; }

/* A choice of styles: tiles with a picture, the painter and the title. */
.styles { min-inline-size: 0; }
.styles > .wrap {
    display: grid; gap: 14px 10px; grid-template-columns: repeat(auto-fill, minmax(84px, 1fr));
    max-height: 420px; overflow-y: auto; padding: 8px; margin: -4px -8px -8px; scrollbar-width: thin;
}
.styles label {
    display: flex; flex-direction: column; align-items: stretch; gap: 6px; padding: 0; cursor: pointer;
    background: none !important; border: none; box-shadow: none;
}
.styles label > input[type="radio"] {
    width: 100%; height: auto; aspect-ratio: 1; margin: 0; cursor: pointer;
    border: none; border-radius: 3px; box-shadow: 0 1px 4px rgb(0 0 0 / 0.22);
    background: var(--thumbnail, none) var(--neutral-400) center / cover !important; transition: transform 0.12s;
}
.styles label:hover > input[type="radio"] { transform: scale(1.03); }
.styles label > input[type="radio"]:checked { outline: 3px solid var(--color-accent); outline-offset: 2px; }
.styles label > input[type="radio"]:focus-visible { outline: 3px solid var(--body-text-color); outline-offset: 2px; }
.styles label > span {
    margin: 0; white-space: pre-line; overflow: hidden;
    display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3;
    font-size: 0.72rem; line-height: 1.35; color: var(--body-text-color-subdued);
}
.styles label > span::first-line { color: var(--body-text-color); font-weight: 600; }

/* The line under a result. */
.under-result { align-items: center; flex-wrap: nowrap; }
.caption { color: var(--body-text-color-subdued); font-size: 0.85rem; }

/* The camera beside its painting. */
.live > * { flex: 1 1 300px !important; }
.camera { overflow: hidden !important; }
.camera .html-container { padding: 0; }
.camera [data-testid="block-label"] span:has(svg) { display: none; }
#webcam-painting { aspect-ratio: 4 / 3; }
#webcam-painting img { width: 100%; height: 100%; object-fit: contain; }
.camera .html-container > div { position: relative; aspect-ratio: 4 / 3; background: var(--neutral-100); }
.dark .camera .html-container > div { background: var(--neutral-800); }
.camera video { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: cover; }
.camera video.mirrored { transform: scaleX(-1); }
.camera .camera-note {
    position: absolute; inset: 0; display: flex; flex-direction: column; align-items: center; justify-content: center;
    gap: 1rem; padding: 1.5rem; text-align: center;
}
.camera .camera-note p { max-width: 24rem; margin: 0; line-height: 1.5; color: var(--body-text-color-subdued); }
.camera button {
    padding: 0.5rem 1.1rem; border-radius: var(--button-medium-radius); font-weight: 500; cursor: pointer;
    background: var(--button-primary-background-fill); color: var(--button-primary-text-color);
}
.camera button:hover { background: var(--button-primary-background-fill-hover); }
.camera .camera-stop { position: absolute; right: 0.75rem; bottom: 0.75rem; padding: 0.3rem 0.8rem; opacity: 0.85; }
.camera .running .camera-note, .camera :not(.running) > .camera-stop, .camera :not(.running) > video { display: none; }

/* While painting takes long the old line gives way; while it is quick nothing flickers. */
.under-result .pending { position: relative; opacity: 1 !important; }
.under-result .pending .caption { animation: leave 0.3s 0.7s forwards; }
.under-result .pending::after {
    content: "Painting …"; position: absolute; inset: 0; padding: inherit; opacity: 0;
    font-size: 0.85rem; color: var(--color-accent); animation: arrive 0.3s 0.7s forwards;
}
.under-result [data-testid="status-tracker"] { display: none; }
@keyframes leave { to { opacity: 0; } }
@keyframes arrive { to { opacity: 1; } }

/* A long run: its bar and its losses. */
.run-status progress {
    appearance: none; display: block; width: 100%; height: 6px; margin-bottom: 4px; border: none; border-radius: 3px;
    overflow: hidden; background: var(--border-color-primary);
}
.run-status ::-webkit-progress-bar { background: var(--border-color-primary); }
.run-status ::-webkit-progress-value { background: var(--color-accent); }
.run-status ::-moz-progress-bar { background: var(--color-accent); }
.losses svg { width: 100%; height: 110px; background: var(--background-fill-secondary); border-radius: 4px; }
.losses polyline { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke; }
.losses polyline.content { stroke: var(--neutral-500); }
.losses polyline.style { stroke: var(--color-accent); }
.losses > div { display: flex; gap: 18px; font-size: 0.8rem; color: var(--body-text-color-subdued); }
.losses span::before { content: ""; display: inline-block; width: 14px; height: 3px; margin: 0 6px 3px 0; }
.losses span.content::before { background: var(--neutral-500); }
.losses span.style::before { background: var(--color-accent); }

footer .divider { display: none; }

@media (max-width: 640px) {
    #introduction h1 { font-size: 1.6rem; }
    .tab-wrapper button { padding-inline: 6px !important; font-size: 0.82rem !important; }
    .under-result { flex-wrap: wrap; }
    .under-result > :first-child { flex-basis: 100%; }
    .under-result button { flex-grow: 1; }
    .gallery { flex-wrap: nowrap !important; overflow-x: auto; scrollbar-width: none; }
    .gallery-item { flex-shrink: 0; }
    .styles > .wrap {
        grid-template-columns: none; grid-template-rows: repeat(2, auto); grid-auto-flow: column;
        grid-auto-columns: 88px; max-height: none; overflow: auto hidden;
    }
}
"""

# Gradio's upload button only removes the old photo, and asks for a new one when it is clicked again.
SCRIPT = """
() => document.addEventListener("click", (event) => {
    const box = event.target.closest?.(".photo .source-selection button:first-child")?.closest(".photo");
    const input = box?.querySelector("img") && box.querySelector("input[type=file]");
    if (!input) return;
    event.stopPropagation();
    input.click();
}, true)
"""


def theme() -> gr.themes.Base:
    """Stone walls, ink for what can be pressed, a little ochre for what is chosen."""
    return gr.themes.Base(primary_hue="amber", neutral_hue="stone", radius_size="sm", font=SANS, font_mono=MONO).set(
        body_background_fill="*neutral_50",
        body_text_color_subdued="*neutral_500",
        body_background_fill_dark="*neutral_950",
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        block_border_width="1px",
        block_border_color="*neutral_200",
        block_border_color_dark="*neutral_800",
        block_label_background_fill="white",
        block_label_text_color="*neutral_600",
        block_title_text_color="*neutral_700",
        block_title_text_weight="500",
        block_shadow="none",
        slider_color="*neutral_700",
        slider_color_dark="*neutral_300",
        color_accent="*primary_600",
        button_medium_text_weight="500",
        button_primary_background_fill="*neutral_800",
        button_primary_background_fill_hover="*neutral_700",
        button_primary_text_color="white",
        button_primary_background_fill_dark="*neutral_200",
        button_primary_background_fill_hover_dark="white",
        button_primary_text_color_dark="*neutral_900",
    )
