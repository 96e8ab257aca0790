import { get, set } from "./store.js";

const SHOWN = 6000;
const MOST = 3;
const SPOKEN_EVERY = 5000;

let nextToast = 1;
let spokenAt = 0;
let waiting = null;

/** Shows a toast: {icon, text, tone, action: {label, run}}; errors stay until they are dismissed. */
export function toast(entry) {
  const id = nextToast++;
  const isError = entry.tone === "fail";
  set({ toasts: [...get().toasts, { id, isError, ...entry }].slice(-MOST) });
  if (!isError) {
    announce(entry.text);
    setTimeout(() => leave(id), SHOWN);
  }
}

// Who reads it, or is about to press its button, is not hurried.
function leave(id) {
  if (document.querySelector(".toasts:hover, .toasts:focus-within")) {
    setTimeout(() => leave(id), SHOWN);
  } else {
    dismiss(id);
  }
}

/** Takes a toast away. */
export function dismiss(id) {
  set({ toasts: get().toasts.filter((entry) => entry.id !== id) });
}

/** Says a sentence to screen readers, at most one in five seconds; the newest wins. */
export function announce(text) {
  clearTimeout(waiting);
  waiting = setTimeout(
    () => {
      spokenAt = Date.now();
      const region = document.getElementById("live");
      if (region) {
        region.textContent = text;
      }
    },
    Math.max(0, spokenAt + SPOKEN_EVERY - Date.now()),
  );
}
