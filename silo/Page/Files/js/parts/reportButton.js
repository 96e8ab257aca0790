import { useEffect, useLayoutEffect, useRef, useState } from "../../vendor/hooks.mjs";
import { download } from "../download.js";
import { html } from "../html.js";
import { onKey } from "../keys.js";
import { Icon } from "./icons.js";

const FORMATS = [
  ["html", "One HTML file", "opens without a network"],
  ["perfetto", "Perfetto trace", "for ui.perfetto.dev"],
];

/** Saves the report of a job, as a page in one file or as a trace; several jobs one after the other. */
export function ReportButton({ jobs }) {
  const [isOpen, setOpen] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const box = useRef();
  const save = async (format) => {
    setOpen(false);
    setBusy(true);
    for (const job of jobs) {
      await download(`/api/jobs/${encodeURIComponent(job.id)}/report?format=${format}`, (ending) => `${job.kind}-${job.id}${format === "perfetto" ? ".perfetto" : ""}.${ending}`);
    }
    setBusy(false);
  };
  const ids = jobs.map((job) => job.id).join();
  useLayoutEffect(() => onKey("r", () => save("html")), [ids]);
  useEffect(() => {
    if (!isOpen) {
      return undefined;
    }
    box.current.querySelector("[role=menuitem]").focus();
    const close = (event) => box.current?.contains(event.target) || setOpen(false);
    addEventListener("pointerdown", close);
    return () => removeEventListener("pointerdown", close);
  }, [isOpen]);
  const onKeys = (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      setOpen(false);
      box.current.querySelector("button").focus();
    } else if (isOpen && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      event.stopPropagation();
      const items = [...box.current.querySelectorAll("[role=menuitem]")];
      items[(items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : items.length - 1)) % items.length].focus();
    }
  };
  return html`<span class="menu-box" ref=${box} onKeyDown=${onKeys}>
    <button type="button" aria-haspopup="menu" aria-expanded=${isOpen} aria-disabled=${isBusy ? "true" : undefined} title="r saves the HTML file" onClick=${() => !isBusy && setOpen(!isOpen)}><${Icon} name="chevron" />${isBusy ? "Making the report" : "Report"}</button>
    ${isOpen ? html`<span class="menu" role="menu" aria-label="Format">${FORMATS.map(([format, text, detail]) => html`<button key=${format} type="button" role="menuitem" onClick=${() => save(format)}><b>${text}</b><span class="muted">${detail}</span></button>`)}</span>` : null}
  </span>`;
}
