// A real node, real browsers, and the few acts that the stories are told with.
//
// A story never depends on how fast the machine is: whatever may still be on its way from the node, a drawing or an effect is
// polled (expect.poll, Locator.waitFor). What is read without a poll says with "at once" why it must be there by then; a page
// test holds the stories to it. THROTTLE=5 makes every page's processor five times slower, to try it.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, type Locator, type Page, chromium } from 'playwright-core';
import { expect } from 'vitest';

const PASSWORD = 'e2e-demo-password';
const PATIENCE_MS = 60_000;

/** The node under test, which may be killed and started again on its data and port. */
export class Node {
  url = '';
  #process: ChildProcess | undefined;
  #data = mkdtempSync(join(tmpdir(), 'switchyard-data-'));
  #output = '';
  said = ''; // what the node printed for its operator
  #flags: string[];
  #demo: boolean;

  constructor(flags: string[] = [], demo = true) {
    this.#flags = flags;
    this.#demo = demo;
  }

  async start(): Promise<void> {
    const first = this.url === '';
    // Passwords are given once: setting them again would end every session.
    const { SWITCHYARD_DEMO_PASSWORD: _, ...env } = process.env;
    const p = spawn(process.env['SWITCHYARD']!, ['serve', ...(this.#demo ? ['--demo'] : []), ...this.#flags, '--data', this.#data, '--listen', first ? '127.0.0.1:0' : new URL(this.url).host, '--ops-listen', '127.0.0.1:0'], {
      env: first ? { ...env, SWITCHYARD_DEMO_PASSWORD: PASSWORD } : env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = p;
    this.url = await new Promise<string>((resolve, reject) => {
      let out = '';
      p.stdout!.on('data', (d) => {
        out += d;
        this.said = out;
        const line = /^public (http:\/\/\S+)$/m.exec(out);
        if (line) resolve(line[1]!);
      });
      p.stderr!.on('data', (d) => (this.#output += d));
      p.on('exit', (code) => reject(new Error(`the node ended with ${code}\n${out}\n${this.#output}`)));
    });
    expect((await fetch(this.url)).status).toBe(200);
  }

  /** kill -9. */
  async kill(): Promise<void> {
    const p = this.#process!;
    const gone = new Promise((resolve) => p.once('exit', resolve));
    p.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    if (this.#process && this.#process.exitCode === null && this.#process.signalCode === null) await this.kill();
    rmSync(this.#data, { recursive: true, force: true });
  }

  #tokens = new Map<string, string>();
  /** Changes settings as the administrator. */
  async set(settings: Record<string, unknown>): Promise<void> {
    await this.call('PATCH', '/v1/sites/demo/settings', settings);
  }

  /** One call of the HTTP interface, as the administrator or another account. */
  async call(method: string, path: string, body?: unknown, as = 'admin'): Promise<any> {
    if (!this.#tokens.has(as)) this.#tokens.set(as, (await this.#send('POST', '/v1/sessions', { site: 'demo', account: as, password: PASSWORD }, '')).token);
    return this.#send(method, path, body, this.#tokens.get(as)!);
  }

  async #send(method: string, path: string, body: unknown, token: string): Promise<any> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...(token ? { Authorization: `Bearer ${token}` } : {}) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : {};
  }
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    headless: true,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** What a page complained about: scripts that broke, and anything the policy refused. */
export const complaints = new Map<Page, string[]>();

export async function open(browser: Browser, url: string, options?: Parameters<Browser['newContext']>[0]): Promise<Page> {
  const page = await blank(browser, options);
  await page.goto(url);
  return page;
}

/** A page that is nowhere yet: what stands between it and the node can be put in place. */
export async function blank(browser: Browser, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const context: BrowserContext = await browser.newContext({ locale: 'ko-KR', timezoneId: 'Asia/Seoul', viewport: { width: 1200, height: 800 }, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  watch(page);
  await page.addInitScript(() => {
    // A toast goes by itself: what it said is kept for who looks later.
    const heard = ((window as any).toasts = [] as string[]);
    new MutationObserver((all) => {
      for (const m of all) for (const n of m.addedNodes) if (n instanceof Element) for (const e of [n, ...n.querySelectorAll('.toast')]) if (e.matches('.toast')) heard.push(e.querySelector('.text')?.textContent ?? '');
    }).observe(document, { childList: true, subtree: true });
  });
  const rate = Number(process.env['THROTTLE'] ?? 1);
  if (rate > 1) await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate });
  return page;
}

/** What the toasts have said since the page was loaded. */
export const toasts = (page: Page): Promise<string[]> => page.evaluate(() => (window as any).toasts as string[]);

/** What a place on the page is when it moves no more. */
export async function settled(read: () => Promise<number>): Promise<number> {
  let at = NaN;
  await expect.poll(async () => Object.is(at, (at = await read()))).toBe(true);
  return at;
}

/** Switches to the other language: the words are loaded first, then the page is drawn anew. */
export async function otherLanguage(page: Page): Promise<void> {
  const before = await page.getAttribute('html', 'lang');
  await page.click('#language');
  await expect.poll(() => page.getAttribute('html', 'lang')).not.toBe(before);
}

function watch(page: Page): void {
  const list: string[] = [];
  complaints.set(page, list);
  page.on('pageerror', (e) => list.push(String(e)));
  page.on('console', (m) => {
    // The network's own words are part of some stories: refused sockets, answers of 4xx.
    if (m.type() === 'error' && !/Failed to load resource|WebSocket connection to/.test(m.text())) list.push(m.text());
  });
}

// --- the customer ----------------------------------------------------------------

export async function customer(browser: Browser, node: Node, options?: Parameters<Browser['newContext']>[0]): Promise<Page> {
  return open(browser, `${node.url}/chat/?site=demo`, { viewport: { width: 480, height: 800 }, ...options });
}

export async function startChat(page: Page): Promise<void> {
  await page.click('#start');
  await page.locator('#talk').waitFor();
}

/** What stands in the log, line by line: messages and what happened, without times. */
export const lines = (page: Page) => page.locator('#log .bubble, #log .notice').evaluateAll((all) => all.map((e) => e.firstChild?.textContent ?? ''));

export async function say(page: Page, text: string): Promise<void> {
  await page.fill('#text', text);
  await page.press('#text', 'Enter');
}

// --- the agent ---------------------------------------------------------------------

export async function agent(browser: Browser, node: Node, account: string, options?: Parameters<Browser['newContext']>[0]): Promise<Page> {
  const page = await open(browser, `${node.url}/agent/?site=demo`, options);
  await signIn(page, account);
  return page;
}

export async function manager(browser: Browser, node: Node, account = 'manager', options?: Parameters<Browser['newContext']>[0]): Promise<Page> {
  const page = await open(browser, `${node.url}/manager/?site=demo`, { viewport: { width: 1440, height: 900 }, ...options });
  await signIn(page, account);
  return page;
}

/** Signs in on any of the working pages. */
export async function signInTo(page: Page, account: string, password = PASSWORD): Promise<void> {
  await page.fill('#login-account', account);
  await page.fill('#login-password', password);
  await page.click('button[type=submit]');
}

export async function signIn(page: Page, account: string): Promise<void> {
  await page.fill('#login-account', account);
  await page.fill('#login-password', PASSWORD);
  await page.click('button[type=submit]');
  await live(page);
}

export async function live(page: Page): Promise<void> {
  await page.locator('#lamp.live').waitFor();
}

export const rows = (page: Page): Locator => page.locator('.rooms button.row');

/** Opens one of the console's lists. */
export async function tab(page: Page, name: string): Promise<void> {
  await page.click(`#tab-${name}`);
}

/** How many rooms a list has, as its tab says. */
export const count = async (page: Page, name: string): Promise<number> => Number(await page.locator(`#tab-${name} .count`).innerText());

/** Opens the room that the agent has, in whichever list it stands: it may go to another one while it is looked for. */
export async function pick(page: Page): Promise<void> {
  await expect
    .poll(async () => {
      for (const name of ['received', 'inquiry', 'answered']) {
        if (!((await count(page, name)) > 0)) continue;
        await tab(page, name);
        const clicked = await rows(page).first().click({ timeout: 2_000 }).then(() => true, () => false);
        if (clicked) return true;
      }
      return false;
    })
    .toBe(true);
  await page.locator('.room-head').waitFor();
}

// --- looking ------------------------------------------------------------------------

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong, as sentences. */
async function accessibility(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const found = await (window as any).axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
    return found.violations.flatMap((v: any) => v.nodes.map((n: any) => `${v.id}: ${n.target.join(' ')}: ${n.failureSummary}`));
  });
}

/** Nothing that axe finds wrong; what is still moving or on its way is waited for. */
export async function accessible(page: Page, message = ''): Promise<void> {
  await expect.poll(() => accessibility(page), { message }).toEqual([]);
}

const shots = process.env['SCREENSHOTS'] ?? mkdtempSync(join(tmpdir(), 'switchyard-shots-'));
mkdirSync(shots, { recursive: true });

export async function shoot(page: Page, name: string): Promise<void> {
  if (!process.env['SCREENSHOTS']) return;
  // What scrolls is in the picture, too: the window is made as high as the page.
  const size = page.viewportSize()!;
  const more = await page.evaluate(() => (document.querySelector('dialog[open]') ? 0 : [...document.querySelectorAll('main')].reduce((n, e) => n + e.scrollHeight - e.clientHeight, 0)));
  if (more > 0) await page.setViewportSize({ ...size, height: size.height + more });
  await page.screenshot({ path: join(shots, `${name}.png`) });
  if (more > 0) await page.setViewportSize(size);
}

const pictures = process.env['SCREENSHOTS'] !== undefined;
/** Both languages, both schemes. Two of the four differ in everything that axe looks at; the others are only for pictures. */
const LOOKS = [
  { lang: 'ko', scheme: 'light', axe: true },
  { lang: 'ko', scheme: 'dark', axe: false },
  { lang: 'en', scheme: 'light', axe: false },
  { lang: 'en', scheme: 'dark', axe: true },
] as const;

/** Every look of a page as it stands. `language` says in which it is, where that is not said by the page itself. */
export async function looks(page: Page, name: string, switchLanguage = () => otherLanguage(page), language = () => page.getAttribute('html', 'lang')): Promise<void> {
  let shown = 'ko';
  for (const { lang, scheme, axe } of LOOKS) {
    if (!axe && !pictures) continue;
    if (lang !== shown) await switchLanguage();
    shown = lang;
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await expect.poll(language).toBe(lang);
    await shoot(page, `${name}-${lang}-${scheme}`);
    if (axe) await accessible(page, `${name} ${lang} ${scheme}`);
  }
  await switchLanguage();
  // The switch loads its words first; what comes next is meant for the page that is drawn anew.
  await expect.poll(language).toBe('ko');
  await page.emulateMedia({ colorScheme: 'light' });
}

/**
 * Many states of one application, each brought up anew in every look; Esc puts away what lies over the page. Where no pictures are
 * wanted, `half` is enough: every other state in the one look that axe is shown, the rest in the other one.
 */
export async function gallery(page: Page, states: Record<string, () => Promise<unknown>>, half = true): Promise<void> {
  for (const { lang, scheme, axe } of LOOKS) {
    if (!axe && !pictures) continue;
    if ((await page.getAttribute('html', 'lang')) !== lang) await otherLanguage(page);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    for (const [i, [name, show]] of Object.entries(states).entries()) {
      if (half && !pictures && (i % 2 === 0) !== (lang === 'ko')) continue;
      await show();
      await shoot(page, `${name}-${lang}-${scheme}`);
      if (axe) await accessible(page, `${name} ${lang} ${scheme}`);
      await page.keyboard.press('Escape');
      await expect.poll(() => page.locator('dialog[open]').count()).toBe(0);
    }
  }
  await otherLanguage(page);
  await page.emulateMedia({ colorScheme: 'light' });
}
