import { h } from "../vendor/preact.mjs";
import htm from "../vendor/htm.module.js";

/** Markup as a tagged template; texts in it become text nodes. */
export const html = htm.bind(h);
