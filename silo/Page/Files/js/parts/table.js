import { useRef, useState } from "../../vendor/hooks.mjs";
import { html } from "../html.js";
import { useFrozen } from "../hooks.js";
import { Icon } from "./icons.js";

/**
 * A table of columns {key, label, cell, sort, isNumber, priority, title} and rows.
 * Rows keep their order while the pointer or the focus is in the body.
 */
export function Table({ label, columns, rows, idOf, rowClass, onOpen, initialSort, className = "" }) {
  const [sort, setSort] = useState(initialSort ?? null);
  const body = useRef();
  const column = sort && columns.find((candidate) => candidate.key === sort.key);
  const sorted = column ? [...rows].sort((a, b) => compare(column.sort(a), column.sort(b)) * (sort.isDown ? -1 : 1)) : rows;
  const shown = useFrozen(sorted, idOf, body);
  const press = (key) => setSort((old) => (old?.key === key ? { key, isDown: !old.isDown } : { key, isDown: false }));
  return html`<div class="table-wrap"><table class=${className} aria-label=${label}>
    <thead><tr>
      ${columns.map((head) => {
        const isSorted = sort?.key === head.key;
        const classes = `c-${head.key} ${head.isNumber ? "number" : ""} ${head.priority ? `priority-${head.priority}` : ""}`;
        return html`<th key=${head.key} scope="col" class=${classes} title=${head.title}
          aria-sort=${head.sort ? (isSorted ? (sort.isDown ? "descending" : "ascending") : "none") : undefined}>
          ${head.sort
            ? html`<button type="button" class="sort" onClick=${() => press(head.key)}>${head.label}${isSorted
                ? html`<${Icon} name=${sort.isDown ? "chevron" : "up"} size=${10} />`
                : null}</button>`
            : head.label || html`<span class="hidden">${head.hiddenLabel}</span>`}
        </th>`;
      })}
    </tr></thead>
    <tbody ref=${body}>
      ${shown.map(
        (row) => html`<tr key=${idOf(row)} class=${`${onOpen ? "opens" : ""} ${rowClass?.(row) ?? ""}`} data-row=${onOpen ? "" : undefined}
          onClick=${onOpen ? (event) => openRow(event, row, onOpen) : undefined}>
          ${columns.map(
            (cell) => html`<td key=${cell.key} class=${`c-${cell.key} ${cell.isNumber ? "number" : ""} ${cell.priority ? `priority-${cell.priority}` : ""}`}>${cell.cell(row)}</td>`,
          )}
        </tr>`,
      )}
    </tbody>
  </table></div>`;
}

// A click on the row is that of its link, but for text that somebody marks and for controls of its own.
function openRow(event, row, onOpen) {
  if (!event.target.closest("a, button") && String(getSelection()) === "") {
    onOpen(row);
  }
}

function compare(a, b) {
  if (a === b) {
    return 0;
  }
  if (a === null || a === undefined) {
    return 1;
  }
  if (b === null || b === undefined) {
    return -1;
  }
  return typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b;
}
