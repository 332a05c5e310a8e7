// The stream of live changes: a browser has one for all of its tabs, as it has few connections.

import type { BrowserContext, Page, Request } from '@playwright/test';
import { call, card, expect, listOf, newToken, open, paths, signIn, test, unique } from '../support/fixtures.ts';
import { holdWasm, openEarly } from '../support/wasm.ts';

/** More tabs than a browser has connections to a server over HTTP/1.1. */
const TABS = 8;

/** Returns a function that returns the tabs that have a stream. */
function streams(context: BrowserContext): () => Page[] {
  const requests = new Set<Request>();
  const over = (request: Request) => void requests.delete(request);
  context.on('request', (request) => {
    if (new URL(request.url()).pathname === `${paths.tokens}/live`) {
      requests.add(request);
    }
  });
  context.on('requestfinished', over);
  context.on('requestfailed', over);
  return () => [...requests].map((request) => request.frame().page()).filter((page) => !page.isClosed());
}

/** Opens the list with the token in another tab. */
async function openTab(context: BrowserContext, name: string): Promise<Page> {
  const tab = await context.newPage();
  await open(tab, listOf(name));
  return tab;
}

/** Takes the token's card in each tab for disabled, or for enabled. */
async function areDisabled(tabs: readonly Page[], name: string, disabled: boolean): Promise<void> {
  for (const tab of tabs) {
    await (disabled ? expect(card(tab, name)) : expect(card(tab, name)).not).toHaveClass(/disabled/);
  }
}

test('all tabs share one stream, and another tab takes it over', async ({ page, context }) => {
  await signIn(page, 'administrator');
  const name = unique('Shared');
  const token = await newToken(page, { name });
  const listening = streams(context);
  await open(page, listOf(name));
  const tabs = [page, await openTab(context, name)];
  await expect.poll(listening).toHaveLength(1);
  while (tabs.length < TABS) {
    tabs.push(await openTab(context, name));
  }
  await call(page, 'tokens/disable', { id: token.id });
  await areDisabled(tabs, name, true);
  await expect.poll(listening).toHaveLength(1);

  // The tab of the stream closes. The fixture's own one closes last.
  const [first] = listening();
  const leaving = first === page ? await leave(page) : await close(first);
  const rest = tabs.filter((tab) => tab !== leaving);
  await expect.poll(listening).toHaveLength(1);
  await call(page, 'tokens/enable', { id: token.id });
  await areDisabled(rest, name, false);
});

/** Leads the tab to a page without live changes. */
async function leave(page: Page): Promise<Page> {
  await open(page, paths.settings);
  return page;
}

async function close(page: Page | undefined): Promise<Page | undefined> {
  await page?.close();
  return page;
}

test('a tab with older data misses nothing of a shared stream', async ({ page, context }) => {
  await signIn(page, 'administrator');
  const name = unique('Shared');
  const token = await newToken(page, { name });
  const listening = streams(context);
  await open(page, listOf(name));
  await expect.poll(listening).toHaveLength(1);

  // The second tab gets its list before the change, and begins to listen after it.
  const late = await context.newPage();
  const release = await holdWasm(late);
  await openEarly(late, listOf(name));
  await call(page, 'tokens/disable', { id: token.id });
  await areDisabled([page], name, true);
  await areDisabled([late], name, false);
  release();
  await areDisabled([late], name, true);
  await expect.poll(listening).toHaveLength(1);
});

test('a browser without locks has a stream for each tab', async ({ page, context }) => {
  await context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }));
  await signIn(page, 'administrator');
  const name = unique('Shared');
  const token = await newToken(page, { name });
  const listening = streams(context);
  await open(page, listOf(name));
  const tabs = [page, await openTab(context, name)];
  await expect.poll(listening).toHaveLength(2);
  await call(page, 'tokens/disable', { id: token.id });
  await areDisabled(tabs, name, true);
});
