// A shop that carries the widget, as any page would: by its loader.

import '../ui/base.css';
import '../text/console';
import './shop.css';
import { bindSwitch, language, onLanguage, t, translate, type Key } from '../text';
import { applyTheme } from '../ui/theme';

interface Loader {
  boot(options: object): void;
  open(): void;
  sendText(text: string): void;
  shutdown(): void;
}
const loader = () => (window as unknown as { Switchyard?: Loader }).Switchyard;
const site = new URLSearchParams(location.search).get('site') ?? 'demo';

const boot = () => loader()?.boot({ site, lang: language(), theme: document.documentElement.dataset['theme'] ?? '' });
const script = document.createElement('script');
script.src = '/w/v1.js';
script.addEventListener('load', boot);
document.head.append(script);

for (const b of document.querySelectorAll<HTMLElement>('[data-ask]')) {
  b.addEventListener('click', () => {
    loader()?.open();
    loader()?.sendText(t(b.dataset['ask'] as Key));
  });
}
const write = () => {
  translate(document);
  document.title = t('shop.name');
  document.getElementById('snippet')!.textContent = `<script async src="${location.origin}/w/v1.js" data-site="${site}" data-lang="${language()}"></script>`;
};
applyTheme();
bindSwitch(document.getElementById('language')!);
onLanguage(() => {
  write();
  loader()?.shutdown();
  boot();
});
write();
