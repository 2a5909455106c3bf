// localStorage, or memory where it throws: a private window, a partitioned frame, a full disk.

export interface Store {
  get<T>(key: string): T | undefined;
  set(key: string, value: unknown): void;
  remove(key: string): void;
  keys(prefix: string): string[];
}

export function newStore(pick: () => Storage = () => localStorage): Store {
  const memory = new Map<string, string>();
  let real: Storage | undefined;
  try {
    real = pick();
    real.setItem('switchyard.probe', '1');
    real.removeItem('switchyard.probe');
  } catch {
    real = undefined;
  }
  const read = (key: string): string | null => {
    try {
      return memory.get(key) ?? real?.getItem(key) ?? null;
    } catch {
      return null;
    }
  };
  return {
    get(key) {
      const text = read(key);
      if (text === null) return undefined;
      try {
        return JSON.parse(text);
      } catch {
        return undefined;
      }
    },
    set(key, value) {
      const text = JSON.stringify(value);
      try {
        if (!real) throw new Error('memory only');
        real.setItem(key, text);
        memory.delete(key);
      } catch {
        memory.set(key, text);
      }
    },
    remove(key) {
      memory.delete(key);
      try {
        real?.removeItem(key);
      } catch {
        // nothing was there
      }
    },
    keys(prefix) {
      const all = new Set([...memory.keys()]);
      try {
        for (let i = 0; real && i < real.length; i++) all.add(real.key(i)!);
      } catch {
        // memory has what there is
      }
      return [...all].filter((k) => k.startsWith(prefix)).sort();
    },
  };
}
