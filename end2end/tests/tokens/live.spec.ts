// Live updates: a person sees another's changes without a reload.

import type { Locator, Page, Route } from '@playwright/test';
import { axe } from '../support/axe.ts';
import {
  announced,
  call,
  card,
  closeSecret,
  create,
  dialog,
  expect,
  formOf,
  listOf,
  mark,
  newToken,
  open,
  openMenu,
  paths,
  sameOrigin,
  signIn,
  stillMarked,
  test,
  toast,
  unique,
  update,
  type Settings,
  type Token,
} from '../support/fixtures.ts';
import { languages, locales, say, wordsOf } from '../support/words.ts';

const [administrator, specialist] = ['Aiko Tanaka', 'Daniel Oakley'];

const en = wordsOf('en');

/** The note about other people's changes on the page of a token. */
function news(page: Page): Locator {
  return page.getByRole('status').filter({ has: page.locator('.note') });
}

/** Changes the token's settings by the server function. */
async function change(page: Page, token: Token, settings: Settings, revision = token.revision): Promise<void> {
  const form = { ...(await formOf(page, { name: token.name, ...settings })), id: token.id, revision: String(revision) };
  const answer = await page.request.post('/api/tokens/update', { form, headers: sameOrigin });
  expect(answer.status(), await answer.text()).toBe(200);
}

/** Requests that are held back. */
interface Held {
  /** Resolves when the first request arrives or, if its response is held back, when the server has responded. */
  asked: Promise<void>;
  /** Lets all requests continue. */
  release: () => void;
}

/** Holds requests to `url` until they are released; `prepare` returns how each of them continues then. */
async function hold(
  page: Page,
  url: string | RegExp,
  prepare: (route: Route) => Promise<() => Promise<void>>,
): Promise<Held> {
  let [asked, release] = [() => {}, () => {}];
  const hasAsked = new Promise<void>((done) => (asked = done));
  const released = new Promise<void>((done) => (release = done));
  await page.route(url, async (route) => {
    const goOn = await prepare(route);
    asked();
    await released;
    await goOn();
  });
  return { asked: hasAsked, release };
}

/** Holds the request: the server reads after the release. */
const unread = async (route: Route) => () => route.continue();

/** Holds the response: the server has read before. */
const answered = async (route: Route) => {
  const response = await route.fetch();
  return () => route.fulfill({ response });
};

/** Releases the requests and waits until the page has read the response. */
async function releaseAndRead(page: Page, held: Held, url: string): Promise<void> {
  const answer = page.waitForResponse(url);
  held.release();
  await (await answer).finished();
  // The page reads this response after the other one.
  await page.evaluate(async () => (await fetch('/healthz')).text());
}

for (const language of languages) {
  const words = wordsOf(language);

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('a card shows changes by others and names the person', async ({ page, anotherPage }) => {
      await signIn(page, 'administrator');
      const other = await anotherPage();
      await signIn(other, 'specialist');
      const name = unique('Live');
      const token = await newToken(page, { name });
      await open(page, listOf(name));
      await mark(page);

      await call(other, 'tokens/disable', { id: token.id });
      await expect(card(page, name).getByText(words.state.disabled)).toBeVisible();
      await expect(card(page, name).locator('.card-touched')).toHaveText(say(words.live.changed, { by: specialist }));

      const second = unique(name);
      await create(other, { name: second });
      await expect(card(page, second).locator('.card-touched')).toHaveText(say(words.live.created, { by: specialist }));
      await call(other, 'tokens/delete', { id: token.id });
      await expect(card(page, name)).toHaveCount(0);
      await expect(toast(page, say(words.live.deleted, { by: specialist, name }))).toBeVisible();
      await stillMarked(page);
    });

    test('an untouched token page shows changes by others', async ({ page, anotherPage }) => {
      await signIn(page, 'administrator');
      const token = await newToken(page, { name: unique('Live'), description: 'Before' });
      await open(page, paths.token(token.id));
      await mark(page);
      const other = await anotherPage();
      await signIn(other, 'specialist');
      const history = page.locator('.audit-entries > li');
      await expect(history).toHaveCount(1);

      await call(other, 'tokens/disable', { id: token.id });
      await expect(news(page)).toHaveText(say(words.live.shown, { by: specialist }));
      await expect(page.locator('.page-action').getByText(words.state.disabled)).toBeVisible();
      await expect(history).toHaveCount(2);

      const name = unique('Theirs');
      await change(other, token, { name, description: 'After', scopes: ['listJobs'] }, token.revision + 1);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
      await expect(page.locator('#name')).toHaveValue(name);
      await expect(page.locator('#description')).toHaveValue('After');
      await expect(page.locator('input[name="form[scopes][]"]:checked')).toHaveValue('listJobs');
      await expect(news(page)).toHaveText(say(words.live.shown, { by: specialist }));
      await expect(history).toHaveCount(3);

      // The next change starts from the shown values.
      await page.locator('#description').fill('Mine');
      await update(page, words.form.update);
      await expect(toast(page, say(words.done.updated, { name }))).toBeVisible();
      await expect(news(page)).toHaveCount(0);
      await expect(history).toHaveCount(4);
      await stillMarked(page);
    });

    test('a token page keeps typed input when others change the token', async ({ page, anotherPage }) => {
      await signIn(page, 'administrator');
      const token = await newToken(page);
      await open(page, paths.token(token.id));
      await mark(page);
      await page.locator('#description').fill('Mine');
      const other = await anotherPage();
      await signIn(other, 'specialist');
      const name = unique('Theirs');
      await change(other, token, { name, description: 'Of a colleague' });
      const fields = [words.form.name, words.form.description].join(words.separator);
      await expect(news(page)).toContainText(say(words.live.waiting, { by: specialist, fields }));
      await expect(page.locator('#description')).toHaveValue('Mine');
      await expect(page.locator('#name')).toHaveValue(token.name);
      await axe(page, 'a token that somebody else changed');

      await news(page).getByRole('button', { name: words.live.show_newest }).click();
      await expect(page.locator('#description')).toHaveValue('Of a colleague');
      await expect(page.locator('#name')).toHaveValue(name);
      await expect(page.locator('#name')).toBeFocused();
      await expect(news(page)).toHaveCount(0);
      await stillMarked(page);
    });

    test('a token deleted by another person cannot be saved', async ({ page, anotherPage }) => {
      await signIn(page, 'administrator');
      const token = await newToken(page);
      await open(page, paths.token(token.id));
      await page.locator('#description').fill('Mine');
      const other = await anotherPage();
      await signIn(other, 'specialist');
      await call(other, 'tokens/delete', { id: token.id });
      await expect(news(page)).toHaveText(say(words.live.gone, { by: specialist }));
      await expect(page.getByRole('button', { name: words.form.update, exact: true })).toBeDisabled();
      await expect(page.getByRole('button', { name: words.form.reset_token })).toBeDisabled();
      await expect(page.getByRole('button', { name: words.card.more })).toHaveCount(0);
      await expect(page.locator('#description')).toHaveValue('Mine');

      await call(other, 'tokens/undo_delete', { id: token.id });
      await expect(news(page)).toHaveText(say(words.live.shown, { by: specialist }));
      await expect(page.getByRole('button', { name: words.form.update, exact: true })).toBeEnabled();
      await expect(page.locator('#description')).toHaveValue('Mine');
    });
  });
}

test('one’s own change in another window reaches the list', async ({ page, context }) => {
  await signIn(page, 'administrator');
  const name = unique('Live');
  const token = await newToken(page, { name });
  await open(page, listOf(name));
  const window = await context.newPage();
  await call(window, 'tokens/disable', { id: token.id });
  await expect(card(page, name)).toHaveClass(/disabled/);
  await expect(card(page, name).locator('.card-touched')).toHaveCount(0);
});

test('one’s own action on a token page is not shown as news', async ({ page, anotherPage }) => {
  await signIn(page, 'administrator');
  const token = await newToken(page);
  await open(page, paths.token(token.id));
  const said = await page.evaluateHandle(() => {
    const said: string[] = [];
    const notes = () => [...document.querySelectorAll('[role=status] > .note')].map((note) => note.textContent);
    new MutationObserver(() => said.push(...notes())).observe(document, { childList: true, characterData: true, subtree: true });
    return said;
  });
  await page.getByRole('button', { name: 'Reset token' }).click();
  const read = page.waitForResponse(/tokens\/history\?again/);
  await dialog(page).getByRole('button', { name: 'Reset', exact: true }).click();
  await expect(dialog(page).locator('code.secret')).toBeVisible();
  await read;
  const other = await anotherPage();
  await signIn(other, 'specialist');
  await call(other, 'tokens/disable', { id: token.id });
  await expect(page.locator('[role=status] > .note')).toContainText(specialist);
  await expect(dialog(page).locator('code.secret')).toBeVisible();
  const all = (await said.jsonValue()).join('\n');
  expect(all).toContain(specialist);
  expect(all).not.toContain(administrator);
});

for (const [order, theirs, mine] of [
  ['right after', 'tokens/enable', 'tokens/disable'],
  ['right before', 'tokens/disable', 'tokens/enable'],
] as const) {
  test(`a change ${order} one’s own is credited to its author`, async ({ page, anotherPage }) => {
    await signIn(page, 'administrator');
    const other = await anotherPage();
    await signIn(other, 'specialist');
    const token = await newToken(page);
    const held = await hold(page, '**/tokens/editable?*', unread);
    await open(page, paths.token(token.id));
    const change = {
      theirs: () => call(other, theirs, { id: token.id }),
      mine: () => call(page, mine, { id: token.id }), // as another window would
    };
    const [first, second] = order === 'right after' ? [change.mine, change.theirs] : [change.theirs, change.mine];
    await first();
    // The page knows of the first change, but reads the token only after the second.
    await held.asked;
    await second();
    held.release();
    await expect(news(page)).toHaveText(say(en.live.shown, { by: specialist }));
    await expect(page.locator('.page-action').getByText(en.state.enabled)).toBeVisible();
  });
}

test('one’s own change in another window reaches the token page', async ({ page }) => {
  await signIn(page, 'administrator');
  const token = await newToken(page);
  await open(page, paths.token(token.id));
  const name = unique('Mine');
  await change(page, token, { name });
  await expect(page.locator('#name')).toHaveValue(name);
  await expect(page.locator('.audit-entries > li')).toHaveCount(2);
  await expect(news(page)).toHaveCount(0);
});

test('a menu item without effect does not hide a conflict', async ({ page, anotherPage }) => {
  await signIn(page, 'administrator');
  const token = await newToken(page, { version: 2 });
  await open(page, paths.token(token.id));
  await page.locator('#description').fill('Mine');
  await page.locator('#expires').selectOption('30');
  const other = await anotherPage();
  await signIn(other, 'specialist');
  const name = unique('Theirs');
  await change(other, token, { name, version: 3 });
  await expect(news(page)).toContainText(specialist);
  const menu = await openMenu(page, token.name);
  await menu.getByRole('menuitem', { name: en.item.upgrade_version, exact: true }).click();
  await dialog(page).getByRole('button', { name: en.item.upgrade_version, exact: true }).click();
  await expect(announced(page, say(en.done.upgraded, { name, number: 3 }))).toBeAttached();
  await expect(page.locator('#expires')).toHaveValue('30');
  await update(page);
  await expect(page.getByRole('alert').filter({ hasText: en.form.conflict_title })).toBeVisible();
  await expect(page.locator('#description')).toHaveValue('Mine');
});

test('a shown secret stays while others change the token', async ({ page, anotherPage }) => {
  await signIn(page, 'administrator');
  const token = await newToken(page);
  await open(page, paths.token(token.id));
  await page.getByRole('button', { name: 'Reset token' }).click();
  await dialog(page).getByRole('button', { name: 'Reset', exact: true }).click();
  const secret = dialog(page).locator('code.secret');
  await expect(secret).toBeVisible();
  const other = await anotherPage();
  await signIn(other, 'specialist');
  const name = unique('Theirs');
  await change(other, token, { name }, token.revision + 1);
  const note = page.locator('[role=status] > .note.warning');
  await expect(note).toContainText(specialist);
  await expect(secret).toBeVisible();
  // Behind the dialog, the form is unchanged.
  await expect(page.locator('#name')).toHaveValue(token.name);
  await closeSecret(page);
  await expect(page.getByRole('button', { name: 'Reset token' })).toBeFocused();
  await note.getByRole('button').click();
  await expect(page.locator('#name')).toHaveValue(name);
});

test('a stale response does not hide a deletion', async ({ page, anotherPage }) => {
  await signIn(page, 'administrator');
  const token = await newToken(page);
  const held = await hold(page, '**/tokens/editable?*', answered);
  await open(page, paths.token(token.id));
  const other = await anotherPage();
  await signIn(other, 'specialist');
  const name = unique('Theirs');
  await change(other, token, { name });
  await held.asked;
  await call(other, 'tokens/delete', { id: token.id });
  await expect(news(page)).toHaveText(say(en.live.gone, { by: specialist }));
  await releaseAndRead(page, held, '**/tokens/editable?*');
  await expect(news(page)).toHaveText(say(en.live.gone, { by: specialist }));
  await expect(page.locator('#name')).toHaveValue(token.name);
});

test('newest values requested earlier do not hide a deletion', async ({ page, anotherPage }) => {
  await signIn(page, 'administrator');
  const token = await newToken(page);
  await open(page, paths.token(token.id));
  await page.locator('#description').fill('Mine');
  const other = await anotherPage();
  await signIn(other, 'specialist');
  await change(other, token, { name: unique('Theirs') });
  const show = news(page).getByRole('button', { name: en.live.show_newest });
  await expect(show).toBeVisible();
  const held = await hold(page, '**/tokens/editable', answered);
  await show.click();
  await held.asked;
  await call(other, 'tokens/delete', { id: token.id });
  await expect(news(page)).toHaveText(say(en.live.gone, { by: specialist }));
  await releaseAndRead(page, held, '**/tokens/editable');
  await expect(news(page)).toHaveText(say(en.live.gone, { by: specialist }));
  await expect(page.locator('#description')).toHaveValue('Mine');
});

test('a lost connection is restored and misses no change', async ({ page, anotherPage }) => {
  await signIn(page, 'administrator');
  const other = await anotherPage();
  await signIn(other, 'specialist');
  const name = unique('Live');
  const token = await newToken(page, { name });
  let refused = 0;
  await page.route('**/live?*', (route) => {
    refused += 1;
    return route.fulfill({ status: 429 });
  });
  await open(page, listOf(name));
  await call(other, 'tokens/disable', { id: token.id });
  await expect.poll(() => refused).toBeGreaterThan(1);
  await expect(card(page, name)).not.toHaveClass(/disabled/);
  await page.unroute('**/live?*');
  await expect(card(page, name)).toHaveClass(/disabled/);
});

test('signing out leads to sign-in even if a request gets 401', async ({ page }) => {
  await signIn(page, 'administrator');
  const listening = page.waitForResponse((answer) => answer.url().includes('/live?'));
  await open(page, paths.tokens);
  await listening;
  const asked = /\/api\/account(\?|$)/;
  const heard = page.waitForEvent('requestfinished', (request) => asked.test(request.url()));
  const held = await hold(page, asked, async (route) => {
    const response = await route.fetch();
    expect(response.status()).toBe(401);
    return () => route.fulfill({ response });
  });
  await page.route((url) => url.pathname === paths.signIn, async (route) => {
    held.release();
    await heard;
    await route.continue();
  });
  await page.getByRole('button', { name: /Aiko Tanaka/ }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(paths.signIn);
});

test('a session ended elsewhere leads to the sign-in page', async ({ page }) => {
  await signIn(page, 'specialist');
  const listening = page.waitForResponse((answer) => answer.url().includes('/live?'));
  await open(page, paths.tokens);
  expect((await listening).headers()['content-type']).toBe('text/event-stream');
  await page.request.post('/api/session/sign_out', { form: {}, headers: { 'sec-fetch-site': 'same-origin' } });
  await expect(page).toHaveURL(/sign-in/);
});
