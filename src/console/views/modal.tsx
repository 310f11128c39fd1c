/** A dialog over the page: the browser keeps the focus in it, closes it on Esc and gives the focus back. */
import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { say } from "../language.ts";
import { dialog } from "../state.ts";
import { Icon } from "./icons.tsx";

interface ModalProps {
  readonly title: string;
  readonly children: ComponentChildren;
}

export function Modal({ title, children }: ModalProps): JSX.Element {
  const element = useRef<HTMLDialogElement>(null);
  // Before the next key is heard, which is the dialog's.
  useLayoutEffect(() => {
    const opened = element.current;
    opened?.showModal();
    return () => opened?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc closes a dialog by itself.
    <dialog ref={element} aria-label={title} onClose={close} onClick={(event) => closeOutside(event, element.current)}>
      <header class="head">
        <h2>{title}</h2>
        <button class="tool" type="button" aria-label={say("close")} onClick={() => element.current?.close()}>
          <Icon name="close" />
        </button>
      </header>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}

function close(): void {
  dialog.value = null;
}

/** The dialog itself is only hit where its backdrop is. */
function closeOutside({ target }: MouseEvent, element: HTMLDialogElement | null): void {
  if (target === element) element?.close();
}
