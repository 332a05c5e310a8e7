// Fixtures and helpers of the tests in Firefox. Playwright drives builds of its own only, so puppeteer drives the one of
// this machine, by WebDriver BiDi; the test runner, the server and what makes tokens are those of all other tests.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import puppeteer, { Puppeteer, type Browser, type BrowserContext, type Page as Tab } from 'puppeteer-core';
import { test as base, type APIRequestContext } from '@playwright/test';
import { expect, password, paths, signIn, users, type Session, type User } from './fixtures.ts';
import { wordsOf, type Words } from './words.ts';

export { expect, type Tab };

/** The names of Firefox: Debian's, then that of others. */
const firefoxes = ['firefox-esr', 'firefox'];

/** Returns the path of the program in `PATH`, or `undefined` if it has none. */
function installed(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** The longest wait for an element, as in the other tests. */
const timeout = 20_000;

/** Playwright's `test` with Firefox, which also fails on script errors, hydration mismatches and policy violations. */
export const test = base.extend<
  {
    /** Opens a tab, in a new browser context unless one is given. */
    newTab: (context?: BrowserContext) => Promise<Tab>;
    /** Makes requests as a demo user, in another session than that of any tab. */
    elsewhere: (user: User) => Promise<Session>;
    /** A device that stores passkeys and verifies its owner without asking. */
    authenticator: string;
  },
  { firefox: Browser }
>({
  firefox: [
    async ({}, use) => {
      const executablePath = firefoxes.map(installed).find((path) => path !== undefined);
      if (executablePath === undefined) {
        throw new Error('Firefox is missing: run `make firefox`');
      }
      const extraPrefsFirefox = {
        'intl.accept_languages': 'en-US, en',
        'ui.prefersReducedMotion': 1,
        // Virtual authenticators only.
        'security.webauth.webauthn_enable_softtoken': true,
        'security.webauth.webauthn_enable_usbtoken': false,
      };
      const args = ['--remote-allow-system-access'];
      const browser = await puppeteer.launch({ browser: 'firefox', executablePath, extraPrefsFirefox, args });
      await use(browser);
      await browser.close();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  newTab: async ({ firefox }, use, info) => {
    const contexts: BrowserContext[] = [];
    const faults: string[] = [];
    await use(async (given) => {
      const context = given ?? (await firefox.createBrowserContext());
      contexts.push(...(given ? [] : [context]));
      const tab = await context.newPage();
      await tab.setViewport({ width: 1280, height: 800 });
      await watch(tab, faults);
      return tab;
    });
    for (const context of contexts) {
      const tabs = info.status === info.expectedStatus ? [] : await context.pages();
      for (const [index, tab] of tabs.entries()) {
        await tab.screenshot({ path: info.outputPath(`firefox-${String(index)}.png`) as `${string}.png` });
      }
      await context.close();
    }
    expect(faults, 'faults that Firefox reported').toEqual([]);
  },
  elsewhere: async ({ playwright, contextOptions }, use) => {
    const others: APIRequestContext[] = [];
    await use(async (user) => {
      const request = await playwright.request.newContext({ baseURL: origin(), ...contextOptions });
      others.push(request);
      await signIn({ request }, user);
      return { request };
    });
    for (const other of others) {
      await other.dispose();
    }
  },
  authenticator: async ({ firefox }, use) => {
    const id = await inBrowser(firefox, 'addVirtualAuthenticator("ctap2_1", "internal", true, true, true, true)');
    await use(id);
    await inBrowser(firefox, `removeVirtualAuthenticator("${id}")`);
  },
});

/** The connection of WebDriver BiDi, which puppeteer does not publish. */
interface Connection {
  send: (method: string, parameters: object) => Promise<{ result: any }>;
}

/**
 * Calls a method of Firefox's passkeys, in the scope of the browser itself: WebDriver BiDi has no command for a virtual
 * authenticator, and that of WebDriver's older protocol needs geckodriver.
 */
async function inBrowser(browser: Browser, method: string): Promise<string> {
  const { connection } = browser as unknown as { connection: Connection };
  const windows = await connection.send('browsingContext.getTree', { 'moz:scope': 'chrome', maxDepth: 0 });
  const expression = `Cc["@mozilla.org/webauthn/service;1"].getService(Ci.nsIWebAuthnService).${method}`;
  const target = { context: windows.result.contexts[0].context as string };
  const { result } = await connection.send('script.evaluate', { expression, target, awaitPromise: false });
  expect(result.type, JSON.stringify(result)).toBe('success');
  return String(result.result.value);
}

/** Adds the errors that the browser reports to `faults`. */
async function watch(tab: Tab, faults: string[]): Promise<void> {
  // Firefox reports what a policy has blocked to the page, but not to WebDriver.
  await tab.evaluateOnNewDocument(() => {
    addEventListener('securitypolicyviolation', (event) => {
      console.error(`${event.violatedDirective} has blocked ${event.blockedURI}`);
    });
  });
  tab.on('pageerror', (error) => faults.push(`${tab.url()}: ${error instanceof Error ? error.stack : String(error)}`));
  tab.on('console', (message) => {
    const hydration = message.type() === 'warn' && /hydrat/i.test(message.text());
    if (message.type() === 'error' || hydration) {
      faults.push(`${tab.url()}: ${message.text()}`);
    }
  });
}

/** The server's address, by a name: an IP address can have no passkeys. */
function origin(): string {
  return base.info().project.use.baseURL ?? '';
}

/** Waits until the page is hydrated. */
export async function running(tab: Tab): Promise<void> {
  await tab.waitForSelector('html[data-hydrated]', { timeout });
}

/** Opens the page and waits until it is hydrated. */
export async function open(tab: Tab, path: string): Promise<void> {
  await tab.goto(new URL(path, origin()).href);
  await running(tab);
}

/** Opens a tab with the session of these requests. */
export async function asUser(newTab: () => Promise<Tab>, { request }: Session): Promise<Tab> {
  const tab = await newTab();
  const { cookies } = await request.storageState();
  await tab.browserContext().setCookie(...cookies);
  return tab;
}

/** Signs in on the sign-in page, and waits until the next page is hydrated. */
export async function enter(tab: Tab, user: User, words: Words = wordsOf('en')): Promise<void> {
  await fillIn(tab, named('textbox', words.sign_in.email), users[user]);
  await fillIn(tab, 'input[type=password]', password);
  await goOn(tab, () => press(tab, named('button', words.sign_in.submit)));
  await expect.poll(() => path(tab)).toBe(paths.overview);
}

/** Does what leads to another page, and waits until that one is hydrated. */
export async function goOn(tab: Tab, act: () => Promise<void>): Promise<void> {
  await Promise.all([tab.waitForNavigation({ timeout }), act()]);
  await running(tab);
}

/** The path of the tab's page. */
export function path(tab: Tab): string {
  return new URL(tab.url()).pathname;
}

// Firefox's own search by role and name names all elements of the page, which takes a second each time.
Puppeteer.registerCustomQueryHandler('named', {
  queryAll: (within, wanted) => {
    const [role = '', name] = JSON.parse(wanted) as string[];
    const kinds: Record<string, string> = { button: 'button', dialog: 'dialog', link: 'a[href]', textbox: 'input, textarea' };
    const nameOf = (one: Element): string => {
      const ids = (one.getAttribute('aria-labelledby') ?? '').split(' ');
      const label = one instanceof HTMLInputElement ? one.labels?.[0] : null;
      const texts = [...ids.map((id) => document.getElementById(id)), label?.querySelector('.label') ?? label];
      return one.getAttribute('aria-label') ?? texts.find((text) => text)?.textContent ?? one.textContent;
    };
    const all = (within as ParentNode).querySelectorAll(`${kinds[role] ?? 'x-none'}, [role=${role}]`);
    return [...all].filter((one) => nameOf(one).trim() === name);
  },
});

/** The selector of the elements of this role with exactly this name. */
export function named(role: 'button' | 'dialog' | 'link' | 'menuitem' | 'textbox', name: string): string {
  return `::-p-named(${JSON.stringify([role, name])})`;
}

/** Waits for the element and clicks on it. */
export async function press(tab: Tab, selector: string): Promise<void> {
  await tab.locator(selector).setTimeout(timeout).click();
}

/** Waits for the field and replaces its text. */
export async function fillIn(tab: Tab, selector: string, text: string): Promise<void> {
  // puppeteer types key by key, and a page that has just been opened takes the focus to its heading meanwhile.
  await expect(async () => {
    await tab.locator(selector).setTimeout(timeout).fill(text);
    expect(await tab.$eval(selector, (field) => (field as HTMLInputElement).value)).toBe(text);
  }).toPass({ timeout: 2 * timeout });
}

/** Waits until the element is visible. */
export async function shows(tab: Tab, selector: string): Promise<void> {
  await tab.waitForSelector(selector, { visible: true, timeout });
}

/** Waits until no element of this selector is visible. */
export async function hides(tab: Tab, selector: string): Promise<void> {
  await tab.waitForSelector(selector, { hidden: true, timeout });
}

/** Waits until the visible elements have exactly these texts. */
export async function texts(tab: Tab, selector: string, expected: readonly string[]): Promise<void> {
  const read = () =>
    tab.$$eval(selector, (all) => all.filter((one) => one.checkVisibility()).map((one) => one.textContent.trim()));
  await expect.poll(read, { timeout }).toEqual(expected);
}

/** Waits until the element with the focus has exactly this text, or this name if it has one. */
export async function hasFocus(tab: Tab, name: string): Promise<void> {
  const read = () =>
    tab.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent.trim());
  await expect.poll(read, { timeout }).toBe(name);
}

/** Marks the loaded page, so that `isMarked` detects a reload. */
export async function mark(tab: Tab): Promise<void> {
  await tab.evaluate(() => Object.assign(window, { marked: true }));
}

/** Returns whether the browser has loaded no page since `mark`. */
export async function isMarked(tab: Tab): Promise<boolean> {
  return tab.evaluate(() => 'marked' in window);
}
