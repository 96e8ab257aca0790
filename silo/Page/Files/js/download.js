import { send } from "./api.js";
import { oneLine } from "./format.js";
import { toast } from "./notify.js";

const ENDINGS = { "image/png": "png", "application/json": "json", "application/x-ndjson": "ndjson", "text/plain": "txt", "text/csv": "csv", "text/html": "html" };

/** Gets what a path answers with, by the key of this tab, and saves it; `name` makes its file's name of the ending that fits it. */
export async function download(path, name) {
  try {
    const response = await send("GET", path);
    const type = (response.headers.get("Content-Type") ?? "").split(";")[0];
    const url = URL.createObjectURL(await response.blob());
    const link = document.createElement("a");
    link.href = url;
    link.download = name(ENDINGS[type] ?? "bin");
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  } catch (error) {
    toast({ tone: "fail", text: `Not downloaded: ${oneLine(error.message)}` });
  }
}
