import { useEffect, useRef, useState } from "../vendor/hooks.mjs";
import { load } from "./api.js";
import { Leases } from "./leases.js";
import { onLeases } from "./live.js";
import { set } from "./store.js";

/** Loads a document when the path changes; tries again by itself while the server is busy or away. */
export function useLoad(path) {
  const [state, setState] = useState({ data: null, error: null, path: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!path) {
      return undefined;
    }
    const abort = new AbortController();
    let again = null;
    load(path, abort.signal).then(
      (data) => {
        setState({ data, error: null, path });
        set({ trouble: null });
      },
      (error) => {
        if (error.name === "AbortError") {
          return;
        }
        setState((old) => ({ data: old.path === path ? old.data : null, error, path }));
        if ([0, 429, 503].includes(error.status)) {
          const delay = (error.retryAfter ?? 4) * 1000;
          if (error.status !== 0) {
            set({ trouble: { status: error.status, detail: error.message, until: Date.now() + delay, isRetried: true } });
          }
          again = setTimeout(() => setTurn((n) => n + 1), delay);
        }
      },
    );
    return () => {
      abort.abort();
      clearTimeout(again);
    };
  }, [path, turn]);
  const isCurrent = state.path === path;
  return { data: isCurrent ? state.data : null, error: isCurrent ? state.error : null, reload: () => setTurn((n) => n + 1) };
}

/** Keeps the leases of a job, and renders again when there are others. */
export function useLeases(id, isOpen) {
  const [held, setHeld] = useState({ leases: null, version: 0 });
  useEffect(() => {
    const abort = new AbortController();
    const leases = new Leases(id);
    const tell = () => setHeld({ leases, version: leases.version });
    const read = () =>
      leases.read(abort.signal).then(tell, () => {
        // The stream's next batch asks again.
      });
    read();
    const leave = onLeases((page, isMissed) => {
      leases.take(page);
      tell();
      if (isMissed) {
        read();
      }
    });
    return () => {
      abort.abort();
      leave();
    };
  }, [id]);
  useEffect(() => {
    if (!isOpen && held.leases) {
      // The last ones ended after the last batch.
      held.leases.read().then(
        () => setHeld({ leases: held.leases, version: held.leases.version }),
        () => {
          // What was seen stays.
        },
      );
    }
  }, [isOpen, held.leases]);
  return held;
}

/** Is true once a wait has lasted long enough to be shown. */
export function useLate(isWaiting, milliseconds = 150) {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    if (!isWaiting) {
      setLate(false);
      return undefined;
    }
    const timer = setTimeout(() => setLate(true), milliseconds);
    return () => clearTimeout(timer);
  }, [isWaiting]);
  return isWaiting && isLate;
}

/** Renders again every second while it is on, and returns the time. */
export function useNow(isOn = true) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!isOn) {
      return undefined;
    }
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isOn]);
  return isOn ? now : Date.now();
}

/** Follows a value with a delay, for what is asked of the server while somebody types. */
export function useSettled(value, milliseconds = 250) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

/** Keeps an order as it is while the pointer or the focus is inside; returns the items in it. */
export function useFrozen(items, idOf, ref) {
  const order = useRef([]);
  const inside = ref.current && (ref.current.matches(":hover") || ref.current.contains(document.activeElement));
  if (!inside) {
    order.current = items.map(idOf);
    return items;
  }
  const place = new Map(order.current.map((id, i) => [id, i]));
  return [...items].sort((a, b) => (place.get(idOf(a)) ?? Infinity) - (place.get(idOf(b)) ?? Infinity) || 0);
}

/** Whether the window is narrower than a width. */
export function useNarrow(width = 600) {
  const [isNarrow, setNarrow] = useState(() => innerWidth < width);
  useEffect(() => {
    const media = matchMedia(`(max-width: ${width - 0.02}px)`);
    const change = () => setNarrow(media.matches);
    change();
    media.addEventListener("change", change);
    return () => media.removeEventListener("change", change);
  }, []);
  return isNarrow;
}
