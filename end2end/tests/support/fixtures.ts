// Fixtures and helpers of all tests: pages that fail the test on browser errors, demo users, tokens, and calls to the gate.

import { randomUUID } from 'node:crypto';
import {
  test as base,
  expect,
  type APIRequestContext,
  type APIResponse,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from '@playwright/test';
import { say, wordsOf, type Language } from './words.ts';

export { expect };

/** The password of every demo user. */
export const password = 'kagitaba-demo-2026';

/** The demo users' e-mail addresses by role; `otherAdministrator` is that of an agency without API access. */
export const users = {
  administrator: 'admin@hoshi-oak.example',
  specialist: 'specialist@hoshi-oak.example',
  analyst: 'analyst@hoshi-oak.example',
  finance: 'finance@hoshi-oak.example',
  marketing: 'marketing@hoshi-oak.example',
  otherAdministrator: 'admin@kita-media.example',
} as const;

export type User = keyof typeof users;

/** The paths of the pages. */
export const paths = {
  signIn: '/sign-in',
  overview: '/overview',
  settings: '/settings',
  companyInformation: '/settings/company-information',
  accountUsers: '/settings/account-users',
  tokens: '/settings/platform-rest',
  newToken: '/settings/platform-rest/new',
  tips: '/settings/platform-rest/tips',
  token: (id: string) => `/settings/platform-rest/tokens/${id}`,
  invitation: (token: string) => `/invitations/${token}`,
} as const;

/** The header that a browser adds to requests of its own page; a script has to set it itself. */
export const sameOrigin = { 'sec-fetch-site': 'same-origin' } as const;

/** A browser's requests with its session: those of a page, or those of the test itself. */
export type Session = Pick<Page, 'request'>;

/** Playwright's `test`, which also fails on script errors, hydration mismatches and policy violations. */
export const test = base.extend<{
  /** Opens a page in a new browser context, for another person or another browser. */
  anotherPage: (options?: BrowserContextOptions) => Promise<Page>;
}>({
  page: async ({ page }, use) => {
    const faults = watch(page);
    await use(page);
    expect(faults, 'faults that the browser reported').toEqual([]);
  },
  anotherPage: async ({ browser, contextOptions }, use) => {
    const opened: { page: Page; faults: string[] }[] = [];
    await use(async (options = {}) => {
      const context = await browser.newContext({ ...contextOptions, ...options });
      const page = await context.newPage();
      opened.push({ page, faults: watch(page) });
      return page;
    });
    for (const { page, faults } of opened) {
      await page.context().close();
      expect(faults, 'faults that another browser reported').toEqual([]);
    }
  },
});

/** Collects the errors that the browser reports. */
export function watch(page: Page): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    // The browser logs every response with an error status. Refusals (4xx) are expected in some tests.
    const refusal = /^Failed to load resource: .* status of 4\d\d/.test(message.text());
    const hydration = message.type() === 'warning' && /hydrat/i.test(message.text());
    if ((message.type() === 'error' && !refusal) || hydration) {
      faults.push(`${page.url()}: ${message.text()}`);
    }
  });
  return faults;
}

/** Waits until the page is hydrated. */
export async function running(page: Page): Promise<void> {
  await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
}

/** Opens the page and waits until it is hydrated. */
export async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await running(page);
}

/**
 * Goes back in the page's history, without waiting. Playwright's `goBack` waits for a navigation that it has to observe,
 * and once waited forever where a page asks before it is left. The next expectation says when the page is there.
 */
export async function goBack(page: Page): Promise<void> {
  await page.evaluate(() => history.back());
}

/** Goes forward, likewise. */
export async function goForward(page: Page): Promise<void> {
  await page.evaluate(() => history.forward());
}

/** Signs in the page's browser by the server function; `sign-in.spec.ts` tests the sign-in page. */
export async function signIn(page: Session, user: User): Promise<void> {
  const form = { email: users[user], password };
  const answer = await page.request.post('/api/session/sign_in', { form, headers: sameOrigin });
  expect(answer.status(), await answer.text()).toBe(200);
}

/** The server functions without arguments that take forms instead of JSON. */
const forms = new Set([
  'account/disable_api_access',
  'account/enable_api_access',
  'company_information/get',
  'profile/accounts',
  'profile/sessions',
  'security_policy/get',
  'session/sign_out',
  'tokens/people',
]);

/** Calls a server function as the page's own script would, with the page's session. */
export async function call(page: Session, name: string, data: object): Promise<APIResponse> {
  const body = forms.has(name) ? { form: {} } : { data };
  return page.request.post(`/api/${name}`, { ...body, headers: sameOrigin });
}

/** Settings of a new token that differ from the defaults. */
export interface Settings {
  name?: string;
  description?: string;
  version?: 2 | 3;
  developers?: string;
  scopes?: readonly string[];
}

/** A token that a test made, with its secret. */
export interface Token {
  id: string;
  sid: string;
  secret: string;
  name: string;
  revision: number;
}

interface Issued {
  token: { id: string; sid: string; revision: number; settings: { name: string } };
  auth_token: string;
}

/** Returns a name that no other test uses. */
export function unique(name: string): string {
  return `${name} ${randomUUID().slice(0, 8)}`;
}

/** Returns the fields of a token's form, as a plain form sends them. */
export async function formOf(page: Session, settings: Settings): Promise<Record<string, string>> {
  const people = (await (await call(page, 'tokens/people', {})).json()) as { id: string }[];
  const scopes = settings.scopes ?? ['getCompanyInformation'];
  return {
    'form[name]': settings.name ?? unique('Token'),
    'form[description]': settings.description ?? '',
    'form[api_version]': String(settings.version ?? 3),
    'form[primary_contact]': people[0]?.id ?? '',
    'form[developers]': settings.developers ?? '',
    ...Object.fromEntries(scopes.map((scope, index) => [`form[scopes][${index}]`, scope])),
  };
}

/** Sends the form of a new token. */
export async function create(page: Session, settings: Settings, request: string = randomUUID()): Promise<APIResponse> {
  const form = { ...(await formOf(page, settings)), request };
  return page.request.post('/api/tokens/create', { form, headers: sameOrigin });
}

/** Creates a token in the signed-in person's account. By default, it may read the company profile only. */
export async function newToken(page: Session, settings: Settings = {}): Promise<Token> {
  const answer = await create(page, settings);
  expect(answer.status(), await answer.text()).toBe(200);
  return tokenOf((await answer.json()) as Issued);
}

function tokenOf({ token, auth_token }: Issued): Token {
  return { id: token.id, sid: token.sid, revision: token.revision, name: token.settings.name, secret: auth_token };
}

/** Calls the gate as an integration would, and returns the status. */
export async function gate(request: APIRequestContext, sid: string, secret: string): Promise<number> {
  const authorization = `Basic ${Buffer.from(`${sid}:${secret}`).toString('base64')}`;
  const answer = await request.get(`/Agencies/${sid}/CompanyInformation`, { headers: { authorization } });
  return answer.status();
}

/** Returns the URL of the list, filtered by this name. */
export function listOf(name: string): string {
  return `${paths.tokens}?${new URLSearchParams({ name }).toString()}`;
}

/** Returns the argument of `tokens/list` for the tokens of this name; for all tokens if it is empty. */
export function namedLike(name: string): object {
  return { filter: { name, created: null, state: null, sort: 'created', place: 'first' } };
}

/** The token's card in the list. */
export function card(page: Page, name: string): Locator {
  return page.getByRole('article').filter({ has: page.getByRole('link', { name, exact: true }) });
}

/** The token's row in the list as a table. */
export function row(page: Page, name: string): Locator {
  return page.getByRole('row').filter({ has: page.getByRole('rowheader').getByRole('link', { name, exact: true }) });
}

/** The names on the cards, in their order. */
export function names(page: Page): Locator {
  return page.locator('.cards .card h3');
}

/** Opens the token's More menu with the mouse, waits until it has the focus, and returns it. */
export async function openMenu(page: Page, name: string, language: Language = 'en'): Promise<Locator> {
  await page.getByRole('button', { name: say(wordsOf(language).card.more_for, { name }), exact: true }).click();
  const menu = page.getByRole('menu');
  await expect(menu.getByRole('menuitem').first()).toBeFocused();
  return menu;
}

/** The open dialog. */
export function dialog(page: Page): Locator {
  return page.getByRole('dialog');
}

/** Presses Update on the page of a token, and confirms it. */
export async function update(page: Page, label: string = wordsOf('en').form.update): Promise<void> {
  await page.getByRole('button', { name: label, exact: true }).click();
  await dialog(page).getByRole('button', { name: label, exact: true }).click();
}

/** The toast with this text. */
export function toast(page: Page, text: string): Locator {
  return page.locator('.toast').filter({ hasText: text });
}

/** Closes the dialog with the secret without having copied it, which it asks about first. */
export async function closeSecret(page: Page, language: Language = 'en'): Promise<void> {
  const { done, close_uncopied } = wordsOf(language).secret;
  await dialog(page).getByRole('button', { name: done }).click();
  await dialog(page).getByRole('button', { name: close_uncopied }).click();
}

/** Unfolds all categories of the scope picker. */
export async function unfold(page: Page): Promise<void> {
  for (const category of await page.locator('.category details').all()) {
    if ((await category.getAttribute('open')) === null) {
      await category.locator('summary').click();
    }
  }
}

/** The text for screen readers alone, about a change that the page shows to all others. */
export function announced(page: Page, text: string): Locator {
  return page.locator('p.visually-hidden[role="status"]').filter({ hasText: text });
}

/** Marks the loaded page, so that `stillMarked` detects a reload. */
export async function mark(page: Page): Promise<void> {
  await page.evaluate(() => Object.assign(window, { marked: true }));
}

/** Fails if the browser has loaded a page since `mark`. */
export async function stillMarked(page: Page): Promise<void> {
  expect(await page.evaluate(() => 'marked' in window), 'no page was loaded meanwhile').toBe(true);
}

/** Puts the page's clock under the test's control. */
export async function controlClock(page: Page): Promise<void> {
  await page.clock.install();
  // Playwright's clock numbers timers from 1e12, beyond the 32 bits that wasm takes: they could not be cleared.
  await page.addInitScript((from) => {
    const { setTimeout, clearTimeout } = window;
    const set = (...timer: Parameters<typeof setTimeout>) => Number(setTimeout(...timer)) - from;
    Object.assign(window, { setTimeout: set, clearTimeout: (timer?: number) => clearTimeout((timer ?? 0) + from) });
  }, 1e12);
}
