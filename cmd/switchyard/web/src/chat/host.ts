// The frame's side of the conversation with the page around it (console.md 5.2): exact origins, a version, a closed list of
// types, and nothing that is not data.

export interface HostActs {
  boot(params: Record<string, string>, category: string): void;
  params(params: Record<string, string>): void;
  shown(on: boolean): void;
  focus(on: boolean): void;
  text(text: string): void;
  end(): void;
}

export interface Host {
  /** The origin around the frame; '' where the chat is a page of its own. */
  readonly origin: string;
  tell(type: 'ready' | 'close' | 'unread' | 'room' | 'ended', data?: object): void;
}

/** The texts of an object; what is no text is left out. */
function texts(x: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(x && typeof x === 'object' ? x : {}).filter((e): e is [string, string] => typeof e[1] === 'string'));
}

export function host(acts: HostActs): Host {
  const origin = parent === window || !/^https?:\/\/[^/?#]+$/.test(location.hash.slice(1)) ? '' : location.hash.slice(1);
  if (origin) {
    addEventListener('message', (e) => {
      if (e.origin !== origin || e.source !== parent || e.data?.v !== 1) return;
      const d = e.data;
      switch (d.type) {
        case 'cr:boot':
          return acts.boot(texts(d.params), typeof d.category === 'string' ? d.category : '');
        case 'cr:params':
          return acts.params(texts(d.params));
        case 'cr:show':
        case 'cr:hide':
          return acts.shown(d.type === 'cr:show');
        case 'cr:focus':
          return acts.focus(d.on === true);
        case 'cr:text':
          if (typeof d.text === 'string') acts.text(d.text);
          return;
        case 'cr:end':
          return acts.end();
      }
    });
  }
  return {
    origin,
    tell(type, data = {}) {
      if (origin) parent.postMessage({ v: 1, type: `cr:${type}`, ...data }, origin);
    },
  };
}
