import { useEffect, useState } from "../vendor/hooks.mjs";
import { load, post } from "./api.js";
import { useSettled } from "./hooks.js";
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

/** Asks what would come of a submission, once its body has rested for a moment; null is not asked. */
export function useCheck(body) {
  const settled = useSettled(body, 500);
  const [state, setState] = useState({ body: null, data: null, error: null });
  useEffect(() => {
    if (settled === null) {
      return undefined;
    }
    const abort = new AbortController();
    post("/api/jobs?dryRun=true", settled, abort.signal).then(
      (data) => setState({ body: settled, data, error: null }),
      (error) => {
        if (error.name !== "AbortError") {
          setState({ body: settled, data: null, error });
        }
      },
    );
    return () => abort.abort();
  }, [settled]);
  return state.body === body ? state : { data: null, error: null };
}

/** Keeps the leases of a job, and renders again when there are others. */
export function useLeases(id, isOpen) {
  const [held, setHeld] = useState({ leases: null, version: 0 });
  useEffect(() => {
    const abort = new AbortController();
    const leases = new Leases(id);
    const tell = () => setHeld({ leases, version: leases.version });
    const read = () =>
      leases.read(load, abort.signal).then(tell, () => {
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
      held.leases.read(load).then(
        () => setHeld({ leases: held.leases, version: held.leases.version }),
        () => {
          // What was seen stays.
        },
      );
    }
  }, [isOpen, held.leases]);
  return held;
}
