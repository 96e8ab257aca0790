import { useEffect, useState } from "../vendor/hooks.mjs";

const listeners = new Set();

let state = {
  key: null,
  me: null,
  cluster: null,
  history: [],
  silos: null,
  open: null,
  ended: null,
  endedTotal: null,
  rates: {},
  job: null,
  connection: { state: "connecting", since: null, lastAt: null, retryAt: null },
  trouble: null,
  toasts: [],
  dialog: null,
  marked: null,
};

/** Returns the whole state. */
export function get() {
  return state;
}

/** Changes parts of the state and tells whoever uses them. */
export function set(patch) {
  state = { ...state, ...patch };
  for (const listener of [...listeners]) {
    listener();
  }
}

/** Uses a part of the state; renders again when that part is another one. */
export function useStore(select) {
  const [, render] = useState(0);
  const value = select(state);
  useEffect(() => {
    const listener = () => {
      if (!Object.is(select(state), value)) {
        render((n) => n + 1);
      }
    };
    listeners.add(listener);
    listener();
    return () => listeners.delete(listener);
  });
  return value;
}
