import { useEffect, useRef } from "../../vendor/hooks.mjs";
import { html } from "../html.js";
import { get, set, useStore } from "../store.js";

/** Opens a dialog; its content is a function of what closes it. */
export function openDialog(content) {
  const before = document.activeElement;
  set({ dialog: { content, before } });
}

/** Closes the dialog and gives the focus back. */
export function closeDialog() {
  const { dialog } = get();
  // While it is open nothing outside of it takes the focus.
  document.querySelector("dialog")?.close();
  dialog?.before?.focus?.();
  set({ dialog: null });
}

/** Where the open dialog is. */
export function DialogHost() {
  const dialog = useStore((state) => state.dialog);
  return dialog ? html`<${Modal} key=${dialog} content=${dialog.content} />` : null;
}

function Modal({ content }) {
  const element = useRef();
  useEffect(() => {
    element.current.showModal();
    element.current.querySelector("[data-safe]")?.focus();
  }, []);
  const onPointer = (event) => {
    if (event.target === element.current) {
      closeDialog();
    }
  };
  const onCancel = (event) => {
    event.preventDefault();
    closeDialog();
  };
  return html`<dialog ref=${element} aria-labelledby="dialog-title" onCancel=${onCancel} onPointerDown=${onPointer}>
    <div class="dialog-body">${content(closeDialog)}</div>
  </dialog>`;
}
