// The customer widget on somebody else's page: another origin, a strict policy, and nothing but the loader.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, FrameLocator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Node, accessible, agent, complaints, launch, lines, live, looks, open, rows, say, shoot } from './rig';

let node: Node;
let browser: Browser;
let shop: Server;
let shopURL = '';
const opened: Page[] = [];
const kept = <T extends Page>(p: T): T => (opened.push(p), p);
const plain = { 'distribution.mode': 'AUTO', 'profile.enabled': false, 'typing.preview': false };

beforeAll(async () => {
  browser = await launch();
  node = new Node();
  await node.start();
  shop = createServer((q, a) => {
    const attributes = new URL(q.url!, 'http://x').searchParams.get('a') ?? 'data-site="demo"';
    a.setHeader('Content-Type', 'text/html; charset=utf-8');
    // No inline style and no inline script: what the widget needs is its two sources.
    a.setHeader('Content-Security-Policy', `default-src 'none'; script-src ${node.url}; frame-src ${node.url}; style-src 'self'`);
    a.end(`<!doctype html><html lang="ko"><meta charset="utf-8"><title>남의 상점</title><main><h1>남의 상점</h1></main><script async src="${node.url}/w/v1.js" ${attributes}></script></html>`);
  });
  await new Promise<void>((done) => shop.listen(0, '127.0.0.1', done));
  shopURL = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
  await node.set({ ...plain, origins: [shopURL] });
});
afterAll(async () => {
  await browser?.close();
  shop?.close();
  await node?.stop();
});
afterEach(async () => {
  const said = opened.flatMap((p) => complaints.get(p) ?? []);
  for (const p of opened.splice(0)) await p.context().close();
  expect(said, 'what the pages complained about').toEqual([]);
});

const frame = (p: Page): FrameLocator => p.frameLocator('iframe');
const host = (p: Page, what: string) => p.evaluate(what);
const said = (p: Page) => frame(p).locator('#log .bubble, #log .notice').evaluateAll((all) => all.map((e) => e.firstChild?.textContent ?? ''));

/** An image as a file that is pasted: a real one, drawn by the browser. */
async function paste(p: Page, target: string, width = 640, height = 400, type = 'image/png'): Promise<void> {
  const f = p.frames().find((x) => x.url().includes('/widget/')) ?? p.mainFrame();
  await f.evaluate(
    async ([selector, w, h, kind]) => {
      const canvas = document.createElement('canvas');
      canvas.width = w as number;
      canvas.height = h as number;
      const pen = canvas.getContext('2d')!;
      pen.fillStyle = '#2f6f4f';
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.fillStyle = '#fff';
      pen.fillRect(40, 40, canvas.width / 2, canvas.height / 3);
      const blob = await new Promise<Blob>((done) => canvas.toBlob((b) => done(b!), kind as string));
      const data = new DataTransfer();
      data.items.add(new File([blob], 'x', { type: kind as string }));
      document.querySelector(selector as string)!.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    },
    [target, width, height, type] as const,
  );
}

/** The looks of the widget on a page, which keeps its own language. */
const framed = (p: Page, name: string) =>
  looks(p, name, () => frame(p).locator('#language').evaluate((e) => (e as HTMLElement).click()), () => frame(p).locator('html').getAttribute('lang'));

test('on a strict page of another origin: open, talk, image, badge, close by Esc, rating, API', async () => {
  const a = kept(await agent(browser, node, 'agent1'));
  const k = kept(await open(browser, shopURL));
  const button = k.locator('#switchyard-launcher');
  await button.waitFor();
  await host(k, `window.told = []; for (const n of ['ready','open','close','room','unread','ended']) Switchyard.on(n, (d) => told.push(n + (d && d.count !== undefined ? ':' + d.count : '')))`);
  await expect.poll(() => button.getAttribute('aria-expanded')).toBe('false');
  await shoot(k, 'widget-button');

  // By keyboard: the button, then the frame has the focus.
  await button.focus();
  await k.keyboard.press('Enter');
  await frame(k).locator('#start').waitFor();
  await expect.poll(() => button.getAttribute('aria-expanded')).toBe('true');
  await expect.poll(() => frame(k).locator('#start').evaluate((e) => e === document.activeElement)).toBe(true);
  await framed(k, 'widget-welcome');
  await k.keyboard.press('Enter');
  await frame(k).locator('#talk').waitFor();
  await frame(k).locator('#text').fill('배송 문의합니다');
  await frame(k).locator('#text').press('Enter');
  await rows(a).first().click();
  await a.locator('#log').getByText('배송 문의합니다', { exact: true }).waitFor();

  // An image: shown first, sent only when asked; both sides see it.
  await paste(k, '#text');
  await frame(k).locator('#image[open]').waitFor();
  await framed(k, 'widget-image');
  await frame(k).locator('#image-no').click();
  await frame(k).locator('#image[open]').waitFor({ state: 'detached' });
  expect(await frame(k).locator('#log .picture').count()).toBe(0); // at once: a bubble is drawn with the click
  await paste(k, '#text');
  await frame(k).locator('#image-yes').click();
  await frame(k).locator('#log .message:not(.sending) .picture img').waitFor();
  await a.locator('#log .picture img').waitFor();
  await expect.poll(() => a.locator('#log .picture img').evaluate((e) => (e as HTMLImageElement).naturalWidth)).toBe(640);
  await paste(k, '#text', 10, 10, 'image/webp');
  await frame(k).locator('#image[open]').waitFor();
  await expect.poll(() => frame(k).locator('#image-problem').innerText()).toBe('JPG 또는 PNG 이미지만 보낼 수 있습니다.');
  await frame(k).locator('#image-no').click();

  // Closed by Esc: the focus is on the button again, what comes is counted on it, and not read.
  await frame(k).locator('#text').press('Escape');
  await expect.poll(() => button.getAttribute('aria-expanded')).toBe('false');
  await expect.poll(() => button.evaluate((e) => e === document.activeElement)).toBe(true);
  await say(a, '확인했습니다.');
  await say(a, '내일 도착합니다.');
  await expect.poll(() => button.innerText()).toBe('2');
  await expect.poll(() => button.getAttribute('aria-label')).toBe('상담 열기 (읽지 않음 2)');
  await shoot(k, 'widget-unread');
  await host(k, 'Switchyard.open()');
  await expect.poll(() => host(k, 'told.at(-1)')).toBe('unread:0');
  await a.locator('.message.own .read').waitFor();
  await framed(k, 'widget-talk');

  // The page's own words, and its end.
  await host(k, `Switchyard.sendText('하나 더 물어볼게요')`);
  await a.locator('#log').getByText('하나 더 물어볼게요', { exact: true }).waitFor();
  await host(k, 'Switchyard.endChat()');
  await frame(k).locator('#closed').waitFor();
  await frame(k).locator('[name=score][value="4"]').check();
  await frame(k).locator('#comment').fill('친절했어요');
  await frame(k).locator('#newer').waitFor({ state: 'hidden' }); // the end is in sight, and nothing lies over the rating
  await framed(k, 'widget-rating');
  await frame(k).locator('#rate').click();
  await expect.poll(() => frame(k).locator('#closed-text').innerText()).toBe('평가해 주셔서 감사합니다.');
  const told = (await host(k, 'told')) as string[];
  expect(told.filter((x) => !x.startsWith('unread'))).toEqual(expect.arrayContaining(['open', 'room', 'close', 'ended']));
  expect(told).toContain('unread:2');

  // The same visitor after a reload; gone without a trace after shutdown.
  await k.reload();
  await button.click();
  await expect.poll(async () => (await said(k)).includes('배송 문의합니다')).toBe(true);
  await host(k, 'Switchyard.shutdown()');
  await expect.poll(() => k.locator('iframe, #switchyard-launcher').count()).toBe(0);
});

test('the parameters of the page: site_uid is the customer, whichever browser; setParams to another is another (K-02)', async () => {
  const a = kept(await agent(browser, node, 'agent2'));
  const attributes = encodeURIComponent('data-site="demo" data-params="site_uid=hanna7,cus_extra_username=김한나,parameter1=VIP"');
  const first = kept(await open(browser, `${shopURL}/?a=${attributes}`));
  await first.locator('#switchyard-launcher').click();
  await frame(first).locator('#start').click();
  await frame(first).locator('#talk').waitFor();
  await frame(first).locator('#text').fill('첫 브라우저');
  await frame(first).locator('#text').press('Enter');
  await expect.poll(() => said(first)).toContain('첫 브라우저');
  const second = kept(await open(browser, `${shopURL}/?a=${attributes}`));
  await second.locator('#switchyard-launcher').click();
  await frame(second).locator('#start').click();
  await expect.poll(() => said(second)).toContain('첫 브라우저'); // the same room
  await live(a);
  await expect.poll(() => rows(a).first().innerText()).toContain('김한나');
  await host(second, `Switchyard.setParams({ site_uid: 'someone-else' })`);
  await frame(second).locator('#start').waitFor();
  await frame(second).locator('#start').click();
  await frame(second).locator('#talk').waitFor();
  await expect.poll(async () => (await said(second)).length).toBeGreaterThan(0);
  expect(await said(second)).not.toContain('첫 브라우저'); // at once: the other room's first line is there
});

test('a page that the site does not name may not frame it; the shop of the node may; a frame takes no word from elsewhere', async () => {
  const stranger = createServer((_, a) => a.setHeader('Content-Type', 'text/html').end(`<!doctype html><title>x</title><script async src="${node.url}/w/v1.js" data-site="demo"></script>`));
  await new Promise<void>((done) => stranger.listen(0, '127.0.0.1', done));
  const p = await open(browser, `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`);
  await p.locator('#switchyard-launcher').click();
  await expect.poll(() => complaints.get(p)!.join()).toContain('frame-ancestors');
  await p.context().close();
  stranger.close();

  const s = kept(await open(browser, `${node.url}/shop/`, { viewport: { width: 1200, height: 800 } }));
  await s.locator('#switchyard-launcher').waitFor();
  await looks(s, 'shop');
  await s.locator('[data-ask]').first().click();
  await expect.poll(() => said(s)).toContain('울 코트 재고가 있나요?');
  await shoot(s, 'shop-talk');
  await accessible(s);
  await s.emulateMedia({ colorScheme: 'dark' });
  await shoot(s, 'shop-talk-dark');
  // A message with the wrong version or an unknown type, or of another window, does nothing.
  await host(s, `document.querySelector('iframe').contentWindow.postMessage({ v: 2, type: 'cr:text', text: 'no' }, location.origin)`);
  await host(s, `document.querySelector('iframe').contentWindow.postMessage({ v: 1, type: 'cr:html', html: '<b>no</b>' }, location.origin)`);
  await host(s, `window.postMessage({ v: 1, type: 'cr:close' }, location.origin)`);
  await frame(s).locator('#text').fill('끝');
  await frame(s).locator('#text').press('Enter');
  await expect.poll(() => said(s)).toContain('끝');
  expect((await said(s)).join()).not.toContain('no'); // at once: what was said after them is there
  expect(await s.locator('#switchyard-launcher').getAttribute('aria-expanded')).toBe('true'); // at once, too
});

test('a phone: the frame fills the screen, the header closes it', async () => {
  const p = kept(await open(browser, `${node.url}/shop/`, { viewport: { width: 360, height: 640 } }));
  await p.locator('#switchyard-launcher').click();
  await frame(p).locator('#start').waitFor();
  await expect.poll(() => p.locator('iframe').boundingBox()).toEqual({ x: 0, y: 0, width: 360, height: 640 });
  await expect.poll(() => p.locator('#switchyard-launcher').isVisible()).toBe(false);
  await framed(p, 'widget-phone');
  await frame(p).locator('#close').click();
  await p.locator('#switchyard-launcher').waitFor();
});
