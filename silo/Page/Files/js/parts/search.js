import { useEffect, useLayoutEffect, useRef, useState } from "../../vendor/hooks.mjs";
import { count, donePercent, duration, oneLine, siloName, siloNaming } from "../format.js";
import { useSettled } from "../hooks.js";
import { html } from "../html.js";
import { onKey } from "../keys.js";
import { useLoad } from "../loading.js";
import { go, jobAddress } from "../router.js";
import { useStore } from "../store.js";
import { outcomeOf } from "./jobRows.js";
import { Icon } from "./icons.js";

const MOST = 8;
const MOST_SILOS = 3;

/** The search of the top bar: jobs by kind, id and error, silos, units of the open job. */
export function Search() {
  const [text, setText] = useState("");
  const [isOpen, setOpen] = useState(false);
  const [chosen, setChosen] = useState(0);
  const box = useRef();
  const input = useRef();
  const wanted = useSettled(text.trim());
  const job = useStore((state) => state.job);
  const silos = useStore((state) => state.silos) ?? [];
  const found = useLoad(isOpen && wanted ? `/api/jobs?limit=${MOST}&text=${encodeURIComponent(wanted)}` : null);

  const open = () => {
    setOpen(true);
    requestAnimationFrame(() => input.current?.focus());
  };
  const close = () => {
    setOpen(false);
    setText("");
    input.current?.blur();
  };
  useLayoutEffect(() => onKey("/", open), []);
  useEffect(() => {
    const leave = (event) => {
      if (!box.current?.contains(event.target)) {
        setOpen(false);
      }
    };
    addEventListener("pointerdown", leave);
    return () => removeEventListener("pointerdown", leave);
  }, []);

  const results = wanted ? resultsOf({ wanted, jobs: found.data?.items ?? [], silos, job }) : [];
  const at = Math.min(chosen, results.length - 1);
  const onKeyDown = (event) => {
    if (event.key === "Escape") {
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setChosen(Math.max(0, Math.min(results.length - 1, at + (event.key === "ArrowDown" ? 1 : -1))));
    } else if (event.key === "Enter" && results[at]) {
      close();
      go(results[at].to);
    }
  };
  const isShown = isOpen && wanted !== "";
  const total = found.data ? (found.data.total ?? found.data.items.length) : null;
  return html`<div class="search ${isOpen ? "open" : ""}" ref=${box} role="search">
    <button type="button" class="quiet-icon search-button" aria-label="Search" aria-expanded=${isOpen} onClick=${open}><${Icon} name="search" size=${16} /></button>
    <label class="searchbox"><${Icon} name="search" /><span class="hidden">Search jobs, units, silos</span>
      <input ref=${input} type="search" role="combobox" placeholder="Search jobs, units, silos" autocomplete="off" value=${text}
        aria-expanded=${isShown} aria-controls="search-list" aria-activedescendant=${isShown && results[at] ? `search-${at}` : undefined}
        onFocus=${() => setOpen(true)} onKeyDown=${onKeyDown}
        onInput=${(event) => {
          setText(event.target.value);
          setChosen(0);
        }} />
      <kbd>${isOpen ? "Esc" : "/"}</kbd>
    </label>
    <div class="results" hidden=${!isShown}>
      <ul id="search-list" role="listbox" aria-label="Search results">
        ${isShown
          ? results.map(
              (result, i) => html`<li key=${result.to} id=${`search-${i}`} role="option" aria-selected=${i === at} onPointerDown=${(event) => {
                event.preventDefault();
                close();
                go(result.to);
              }}>
                <${Icon} name=${result.icon} /><b>${result.title}</b><span class="mono">${result.id}</span><span class="end">${result.end}</span>
              </li>`,
            )
          : null}
      </ul>
      ${isShown
        ? html`<p class="caption">${found.error ? oneLine(found.error.message) : results.length === 0 && total !== null ? `No job matches “${oneLine(wanted)}”.` : total === null ? "Searching" : `${count(found.data.items.length)} of ${count(total)} jobs match`} · <kbd>↑</kbd> <kbd>↓</kbd> choose · <kbd>Enter</kbd> open</p>`
        : null}
    </div>
  </div>`;
}

function resultsOf({ wanted, jobs, silos, job }) {
  const naming = siloNaming(silos.map((silo) => silo.silo));
  const unit = job && /^[\d,]+$/.test(wanted) ? Number(wanted.replaceAll(",", "")) : null;
  const inJob = unit !== null && job.units.total !== null && unit < job.units.total;
  const near = silos.filter((silo) => silo.silo.includes(wanted)).slice(0, MOST_SILOS);
  return [
    ...(inJob ? [{ to: jobAddress(job.id, { unit }), icon: "jobs", title: `Unit ${count(unit)}`, id: oneLine(job.id), end: "its log in the open job" }] : []),
    ...jobs.slice(0, MOST - near.length - (inJob ? 1 : 0)).map((found) => ({
      to: jobAddress(found.id),
      icon: found.state,
      title: oneLine(found.kind),
      id: oneLine(found.id),
      end: found.state === "failed" ? `failed: ${outcomeOf(found)}` : found.finishedAt ? `${found.state}, ${duration(found.elapsedSeconds)}` : `${found.state}, ${donePercent(found.units.done, found.units.total)}`,
    })),
    ...near.map((silo) => ({ to: `#/silos?text=${encodeURIComponent(silo.silo)}`, icon: silo.state, title: siloName(silo.silo, naming), id: silo.silo, end: silo.state })),
  ];
}
