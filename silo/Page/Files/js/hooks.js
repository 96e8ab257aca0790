import { useEffect, useRef, useState } from "../vendor/hooks.mjs";

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
