import { oneLine } from "./format.js";
import { html } from "./html.js";
import { toast } from "./notify.js";
import { closeDialog, openDialog } from "./parts/dialog.js";
import { address, go } from "./router.js";
import { get, set } from "./store.js";

const OFF = "ow.keysOff";
const AFTER_G = 1500;
const local = new Map();
let pressedG = 0;

/** Adds a key of the view that is shown, in a layout effect, so that it works as soon as the view is seen; returns what takes it away. */
export function onKey(key, run) {
  local.set(key, run);
  return () => local.get(key) === run && local.delete(key);
}

/** Whether single keys are switched off. */
function areOff() {
  return localStorage.getItem(OFF) === "1";
}

/** Listens for the keys of the page. */
export function listen({ onTheme }) {
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !get().dialog) {
      local.get("Escape")?.(event);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || get().dialog || !get().key || isTyping(event.target) || areOff()) {
      return;
    }
    const target = Date.now() - pressedG < AFTER_G ? { o: "#/", j: "#/jobs", s: "#/silos", c: "#/compare" }[event.key] : null;
    pressedG = event.key === "g" ? Date.now() : 0;
    if (target) {
      go(target);
    } else if (event.key === "n") {
      go("#/submit");
    } else if (event.key === "t") {
      onTheme();
    } else if (event.key === "?") {
      showHelp();
    } else if (["j", "k", "ArrowDown", "ArrowUp"].includes(event.key)) {
      if (!moveRow(event.key === "j" || event.key === "ArrowDown" ? 1 : -1, event.key.startsWith("Arrow"))) {
        return;
      }
    } else if (event.key === "x") {
      if (!markRow()) {
        return;
      }
    } else if (local.has(event.key)) {
      local.get(event.key)(event);
    } else {
      return;
    }
    event.preventDefault();
  });
}

function isTyping(element) {
  return element.closest?.("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]");
}

// Arrows scroll the page unless the focus is in a list.
function moveRow(step, isArrow) {
  const links = [...document.querySelectorAll("[data-row] a[href^='#/jobs/']")].filter((link) => link.offsetParent);
  const here = links.findIndex((link) => link === document.activeElement || link.closest("[data-row]").contains(document.activeElement));
  if (links.length === 0 || (isArrow && here < 0)) {
    return false;
  }
  const next = links[Math.max(0, Math.min(links.length - 1, here + step))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

// Two marked jobs are compared.
function markRow() {
  const row = document.activeElement?.closest("[data-row]");
  const id = row && decodeURIComponent(row.querySelector("a[href^='#/jobs/']")?.hash.slice("#/jobs/".length) ?? "");
  if (!id) {
    return false;
  }
  const { marked } = get();
  set({ marked: marked === null ? id : null });
  if (marked === null) {
    toast({ icon: "check", text: `Job ${oneLine(id).slice(0, 16)} is marked; x on another one compares them` });
  } else if (marked !== id) {
    go(address("/compare", { a: marked, b: id }));
  }
  return true;
}

const KEYS = [
  ["Search", ["/"]],
  ["Overview", ["g", "o"]],
  ["Jobs", ["g", "j"]],
  ["Silos", ["g", "s"]],
  ["Compare", ["g", "c"]],
  ["Submit a job", ["n"]],
  ["Dark, light, as the system", ["t"]],
  ["This help", ["?"]],
];
const LIST_KEYS = [
  ["Next, previous row", ["j", "k"]],
  ["Open", ["Enter"]],
  ["Mark for compare, two", ["x"]],
  ["Pause or resume the open job", ["p"]],
  ["Report of the open job", ["r"]],
  ["Submit the form", ["Ctrl", "Enter"]],
];

/** Shows the keys. */
export function showHelp() {
  const list = (title, keys) => html`<div>
    <h3>${title}</h3>
    <dl class="keys">${keys.map(([text, names]) => html`<div key=${text}><dt>${text}</dt><dd>${names.map((name) => html`<kbd>${name}</kbd>`)}</dd></div>`)}</dl>
  </div>`;
  openDialog(
    () => html`<div class="wide">
      <div class="dialog-head"><h2 id="dialog-title">Keyboard</h2><button type="button" class="quiet" data-safe onClick=${closeDialog}><kbd>Esc</kbd> closes</button></div>
      <div class="two-columns">${list("Anywhere", KEYS)}${list("Lists, jobs, forms", LIST_KEYS)}</div>
      <label class="switch"><input type="checkbox" role="switch" defaultChecked=${!areOff()} onChange=${(event) => localStorage.setItem(OFF, event.target.checked ? "0" : "1")} /><span>Single keys are on</span></label>
    </div>`,
  );
}
