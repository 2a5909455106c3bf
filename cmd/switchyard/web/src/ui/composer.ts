// A text field that sends on Enter and knows what composing a syllable means (console.md 5.1).

export interface Composer {
  /** Takes over; also what the send button does. */
  submit(): void;
  /** Sets the text as if nobody had typed it. */
  fill(text: string): void;
  detach(): void;
}

export interface ComposerEvents {
  /** Sends the text; false keeps it in the field. */
  send(text: string): boolean;
  /** The text changed, also inside a syllable. It may be read, never written back. */
  input?(text: string): void;
  /** Keys that something above the field wants first: true = taken. Not asked inside a syllable. */
  key?(e: KeyboardEvent): boolean;
  /** Whether Enter alone sends; else Ctrl+Enter does. */
  enterSends?(): boolean;
}

const LINES_MOST = 6;

export function attachComposer(box: HTMLTextAreaElement, on: ComposerEvents): Composer {
  let composing = false;
  let justComposed = false; // Safari ends the composition before the keydown of its Enter
  let wanted = false; // send was pressed inside a syllable

  const grow = () => {
    const line = parseFloat(getComputedStyle(box).lineHeight) || 20;
    box.style.height = 'auto';
    box.style.height = `${Math.min(box.scrollHeight, line * LINES_MOST + 20)}px`;
  };

  const submit = () => {
    if (composing) {
      wanted = true; // the last syllable first
      box.blur();
      box.focus();
      return;
    }
    const text = box.value;
    if (text.trim() === '' || !on.send(text)) return;
    box.value = '';
    grow();
    on.input?.('');
  };

  const handlers: { [K in keyof HTMLElementEventMap]?: (e: HTMLElementEventMap[K]) => void } = {
    compositionstart: () => {
      composing = true;
    },
    compositionend: () => {
      composing = false;
      justComposed = true;
      setTimeout(() => {
        justComposed = false;
        if (wanted) {
          wanted = false;
          submit();
        }
      });
    },
    keyup: () => {
      justComposed = false; // the key that ended the syllable is up again
    },
    input: () => {
      grow();
      on.input?.(box.value);
    },
    keydown: (e) => {
      if (!e.isComposing && e.keyCode !== 229 && !(justComposed && e.key === 'Enter') && on.key?.(e)) {
        e.preventDefault();
        return;
      }
      if (e.key !== 'Enter' && e.code !== 'Enter' && e.code !== 'NumpadEnter') return;
      if (e.isComposing || e.keyCode === 229) return; // the Enter belongs to the syllable
      if (e.shiftKey || e.altKey || (on.enterSends?.() ?? true) === (e.ctrlKey || e.metaKey)) return;
      e.preventDefault();
      if (!justComposed) submit();
    },
  };
  for (const [name, f] of Object.entries(handlers)) box.addEventListener(name, f as EventListener);
  grow();
  return {
    submit,
    fill(text) {
      box.value = text;
      grow();
    },
    detach() {
      for (const [name, f] of Object.entries(handlers)) box.removeEventListener(name, f as EventListener);
    },
  };
}
