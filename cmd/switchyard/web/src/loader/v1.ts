// The widget's loader: <script async src="https://node/w/v1.js" data-site="acme"></script> on somebody else's page. It adds
// a button and a frame and talks to the frame by messages with exact origins; the page's style and script cannot reach the
// chat, and it sets styles through the CSSOM only, so that the page's policy needs no 'unsafe-inline' (console.md 5.2).

(() => {
  const script = document.currentScript as HTMLScriptElement | null;
  const w = window as any;
  if (w.Switchyard?.boot) return;

  type Options = { site?: string; lang?: string; theme?: string; category?: string; params?: string | Record<string, string>; position?: string; title?: string };
  const node = new URL(script?.src ?? location.href).origin;
  const given = (script?.dataset ?? {}) as Options & { auto?: string };
  const listeners: Record<string, Set<(detail: any) => void>> = {};
  const tell = (name: string, detail?: unknown) => listeners[name]?.forEach((f) => f(detail));
  const words = () => ((lang || document.documentElement.lang || 'ko').startsWith('en') ? { open: 'Open chat', close: 'Close chat', unread: 'unread', title: 'Customer chat' } : { open: '상담 열기', close: '상담 닫기', unread: '읽지 않음', title: '고객 상담' });

  let box: HTMLDivElement | undefined;
  let button: HTMLButtonElement;
  let badge: HTMLSpanElement;
  let frame: HTMLIFrameElement;
  let lang = '';
  let shown = false;
  let ready = false;
  let unread = 0;
  let waiting: object[] = []; // what the frame is told once it listens

  const style = (e: HTMLElement, css: Record<string, string>) => {
    for (const k in css) e.style.setProperty(k, css[k]!);
  };
  const send = (type: string, data: object = {}) => {
    const message = { v: 1, type: `cr:${type}`, ...data };
    if (ready) frame.contentWindow?.postMessage(message, node);
    else waiting.push(message);
  };
  /** "name=value,name=value" as other vendors' loaders take it, or an object. */
  const read = (params: Options['params']): Record<string, string> =>
    typeof params === 'string' ? Object.fromEntries(params.split(',').map((p) => p.split(/=(.*)/s)).filter((p) => p[0]?.trim()).map(([k, v]) => [k!.trim(), (v ?? '').trim()])) : (params ?? {});

  function draw(): void {
    const t = words();
    const narrow = innerWidth < 480;
    button.setAttribute('aria-expanded', String(shown));
    button.setAttribute('aria-label', (shown ? t.close : t.open) + (unread && !shown ? ` (${t.unread} ${unread})` : ''));
    button.firstElementChild!.firstElementChild!.setAttribute('d', shown ? 'M6 6l12 12M18 6L6 18' : 'M4 5h16v11H9l-5 4z');
    badge.textContent = unread > 99 ? '99+' : String(unread);
    style(badge, { display: unread && !shown ? 'block' : 'none' });
    style(button, { display: shown && narrow ? 'none' : 'grid' });
    style(frame, narrow ? { inset: '0', width: '100%', height: '100%', 'border-radius': '0' } : { inset: `auto ${side('right')} 92px ${side('left')}`, width: '384px', height: 'min(660px, calc(100vh - 116px))', 'border-radius': '18px' });
    style(frame, { display: shown ? 'block' : 'none' });
  }
  let position = 'right';
  const side = (s: string) => (s === position ? '24px' : 'auto');

  function show(on: boolean): void {
    if (!box || on === shown) return;
    shown = on;
    draw();
    send(on ? 'show' : 'hide');
    if (on) frame.focus();
    else button.focus();
    tell(on ? 'open' : 'close');
  }

  const focus = () => box && send('focus', { on: document.visibilityState === 'visible' && document.hasFocus() });

  function heard(e: MessageEvent): void {
    if (!box || e.origin !== node || e.source !== frame.contentWindow || e.data?.v !== 1) return;
    const d = e.data;
    switch (d.type) {
      case 'cr:ready':
        ready = true;
        for (const m of waiting.splice(0)) frame.contentWindow!.postMessage(m, node);
        focus();
        tell('ready');
        break;
      case 'cr:close':
        show(false);
        break;
      case 'cr:unread':
        unread = Number(d.count) || 0;
        draw();
        tell('unread', { count: unread, room: d.room });
        break;
      case 'cr:room':
      case 'cr:ended':
        tell(d.type.slice(3), { room: d.room });
        break;
    }
  }

  const api = {
    boot(options: Options = {}): void {
      if (box) return;
      const o = { ...given, ...options };
      if (!o.site) throw new Error('Switchyard: data-site is missing');
      lang = o.lang ?? '';
      position = o.position === 'left' ? 'left' : 'right';
      box = document.createElement('div');
      button = document.createElement('button');
      button.type = 'button';
      button.id = 'switchyard-launcher';
      const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
      const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
      for (const [k, v] of [['viewBox', '0 0 24 24'], ['width', '26'], ['height', '26'], ['fill', 'none'], ['stroke', 'currentColor'], ['stroke-width', '2'], ['stroke-linecap', 'round'], ['stroke-linejoin', 'round'], ['aria-hidden', 'true']] as const) svg.setAttribute(k, v);
      svg.append(path);
      badge = document.createElement('span');
      badge.setAttribute('aria-hidden', 'true');
      button.append(svg, badge);
      frame = document.createElement('iframe');
      frame.title = o.title ?? words().title;
      frame.referrerPolicy = 'strict-origin';
      const q = new URLSearchParams({ site: o.site });
      if (lang) q.set('lang', lang);
      if (o.theme) q.set('theme', o.theme);
      frame.src = `${node}/widget/?${q}#${location.origin}`;
      style(button, { position: 'fixed', 'z-index': '2147483000', bottom: '24px', [position]: '24px', width: '56px', height: '56px', padding: '0', border: '0', 'border-radius': '50%', 'place-items': 'center', background: '#1f4fd8', color: '#fff', cursor: 'pointer', 'box-shadow': '0 6px 20px rgb(15 23 42 / 28%)' });
      style(badge, { position: 'absolute', top: '-4px', right: '-4px', 'min-width': '22px', padding: '0 6px', 'box-sizing': 'border-box', 'border-radius': '11px', background: '#b3261e', color: '#fff', font: '700 12px/22px system-ui, sans-serif' });
      style(frame, { position: 'fixed', 'z-index': '2147483000', border: '0', 'color-scheme': 'auto', 'max-width': '100%', 'box-shadow': '0 16px 48px rgb(15 23 42 / 28%)' });
      button.addEventListener('click', () => show(!shown));
      send('boot', { params: read(o.params), category: o.category ?? '' });
      draw();
      box.append(frame, button);
      document.body.append(box);
      addEventListener('message', heard);
      for (const name of ['focus', 'blur', 'resize'] as const) addEventListener(name, name === 'resize' ? draw : focus);
      document.addEventListener('visibilitychange', focus);
    },
    open: () => show(true),
    close: () => show(false),
    setParams: (params: Options['params']) => send('params', { params: read(params) }),
    sendText: (text: string) => send('text', { text: String(text) }),
    endChat: () => send('end'),
    on(name: string, f: (detail: any) => void) {
      (listeners[name] ??= new Set()).add(f);
      return () => listeners[name]!.delete(f);
    },
    shutdown(): void {
      if (!box) return;
      removeEventListener('message', heard);
      for (const name of ['focus', 'blur', 'resize'] as const) removeEventListener(name, name === 'resize' ? draw : focus);
      document.removeEventListener('visibilitychange', focus);
      box.remove();
      box = undefined;
      shown = ready = false;
      unread = 0;
      waiting = [];
    },
  };
  w.Switchyard = api;
  if (given.site && given.auto !== 'false') {
    if (document.body) api.boot();
    else addEventListener('DOMContentLoaded', () => api.boot());
  }
})();
export {};
