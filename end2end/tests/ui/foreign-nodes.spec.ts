// Nodes that others put into the page (extensions, password managers, the browser's translator), and a page whose wasm has
// failed: links and forms work on, and a notice says that the page must be loaded again.

import type { Browser, BrowserContextOptions, Page } from '@playwright/test';
import {
  call,
  card,
  expect,
  listOf,
  mark,
  names,
  newToken,
  open,
  openMenu,
  paths,
  running,
  signIn,
  stillMarked,
  test,
  unique,
  watch,
} from '../support/fixtures.ts';
import { allWasm, holdWasm, openEarly, parts } from '../support/wasm.ts';
import { languages, locales, wordsOf, type Language } from '../support/words.ts';

const en = wordsOf('en');

/** Opens a page on which wasm may fail, with the faults that the browser reports. */
async function frail(
  browser: Browser,
  options: BrowserContextOptions,
  language: Language = 'en',
): Promise<{ page: Page; faults: string[] }> {
  const context = await browser.newContext({ ...options, locale: locales[language] });
  const page = await context.newPage();
  await signIn(page, 'administrator');
  return { page, faults: watch(page) };
}

/** The notice that the page no longer responds. */
function notice(page: Page) {
  return page.locator('#stopped');
}

/** Waits until what is done has made the browser load a page. */
async function loads(page: Page, act: () => Promise<void>): Promise<void> {
  const load = page.waitForEvent('load');
  await act();
  await load;
}

/** Puts an element into the first answer for the page, where hydration does not expect it. */
async function spoil(page: Page, path: string): Promise<void> {
  await page.route(
    (url) => url.pathname === path,
    async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replace('<h1', '<x-foreign></x-foreign><h1') });
    },
    { times: 1 },
  );
}

test.describe('An element of an extension', () => {
  for (const [parent, where] of [
    ['head', 'afterbegin'],
    ['head', 'beforeend'],
    ['body', 'afterbegin'],
    ['body', 'beforeend'],
  ] as const) {
    test(`in ${parent}, ${where}, does not stop the page`, async ({ page }) => {
      await page.addInitScript(
        ([parent, where]) => {
          const add = () => document[parent].insertAdjacentElement(where, document.createElement('x-foreign'));
          document.addEventListener('DOMContentLoaded', add);
        },
        [parent, where] as const,
      );
      await signIn(page, 'administrator');
      const token = await newToken(page);
      await open(page, paths.tokens);
      await mark(page);
      await page.getByRole('searchbox').fill(token.name);
      await expect(names(page)).toHaveText([token.name]);
      await openMenu(page, token.name);
      await stillMarked(page);
    });
  }

  test('beside each field does not stop the page, and stays', async ({ page }) => {
    await signIn(page, 'administrator');
    const token = await newToken(page);
    const release = await holdWasm(page);
    await openEarly(page, paths.token(token.id));
    const count = await page.evaluate(() => {
      const fields = [...document.querySelectorAll('#content :is(input, select, textarea)')];
      fields.forEach((field) => field.after(document.createElement('x-foreign')));
      document.querySelector('#content')?.prepend(document.createElement('x-foreign'));
      return fields.length + 1;
    });
    await mark(page);
    release();
    await running(page);
    await expect(page.locator('x-foreign')).toHaveCount(count);
    await page.getByLabel(en.form.name, { exact: true }).fill('');
    await page.getByRole('button', { name: en.form.update, exact: true }).click();
    await expect(page.locator('#name-error')).toHaveText(en.problem.required);
    await stillMarked(page);
  });

  test('around a field does not stop the page', async ({ page }) => {
    await signIn(page, 'administrator');
    const token = await newToken(page);
    const release = await holdWasm(page);
    await openEarly(page, paths.tokens);
    await page.evaluate(() => {
      const field = document.querySelector('input[type=search]');
      const around = document.createElement('x-foreign');
      field?.replaceWith(around);
      around.append(field ?? '');
    });
    release();
    await running(page);
    await page.getByRole('searchbox').fill(token.name);
    await expect(names(page)).toHaveText([token.name]);
  });
});

for (const language of languages) {
  const words = wordsOf(language);

  test(`a page that panics works by links and forms, in ${language}`, async ({ browser, contextOptions }) => {
    const { page, faults } = await frail(browser, contextOptions, language);
    await spoil(page, paths.tokens);
    await page.goto(paths.tokens);
    await expect(notice(page)).toContainText(words.stopped.text);
    await page.getByRole('searchbox').fill('warehouse');
    await loads(page, () => page.getByRole('searchbox').press('Enter'));
    await expect(names(page)).toHaveText(['BI warehouse sync (EU)']);
    await running(page);
    await expect(notice(page)).toBeHidden();

    await spoil(page, paths.tokens);
    await page.goto(paths.tokens);
    await expect(notice(page)).toBeVisible();
    await loads(page, () => page.locator('a.back').click());
    await expect(page).toHaveURL(paths.settings);

    await spoil(page, paths.tokens);
    await page.goto(paths.tokens);
    await loads(page, () => notice(page).getByRole('link', { name: words.stopped.reload, exact: true }).click());
    await running(page);
    await expect(notice(page)).toBeHidden();
    expect(faults.filter((fault) => !/hydrat|panicked|unreachable/i.test(fault))).toEqual([]);
    expect(faults).not.toEqual([]);
    await page.context().close();
  });

  test(`a page without its wasm works by links and forms, in ${language}`, async ({ browser, contextOptions }) => {
    const { page, faults } = await frail(browser, contextOptions, language);
    await page.route(allWasm, (route) => route.abort());
    await page.goto(paths.tokens);
    await expect(notice(page)).toContainText(words.stopped.text);
    await expect(page.getByRole('button', { name: words.card.more }).first()).toBeDisabled();
    await page.getByRole('radio', { name: words.state.disabled }).check();
    await loads(page, () => page.getByRole('button', { name: words.filter.apply }).click());
    await expect(page).toHaveURL(/[?&]state=disabled/);
    await page.unroute(allWasm);
    await loads(page, () => notice(page).getByRole('link').click());
    await running(page);
    await expect(notice(page)).toBeHidden();
    expect(faults.filter((fault) => !/ERR_FAILED|Failed to fetch/.test(fault))).toEqual([]);
    await page.context().close();
  });
}

// Firefox gives up what is under way as soon as a link is followed, and reports it to the page that is left.
test('a page that is left before its wasm comes gives no notice', async ({ browser, contextOptions }) => {
  const { page, faults } = await frail(browser, contextOptions);
  let [giveUp, answer] = [() => {}, () => {}];
  const [givenUp, answered] = [new Promise<void>((done) => (giveUp = done)), new Promise<void>((done) => (answer = done))];
  // The page that is left can't be asked; it says on the next one whether it has shown the notice.
  await page.addInitScript(() => {
    const note = () => document.getElementById('stopped')?.checkVisibility() && sessionStorage.setItem('noticed', location.pathname);
    new MutationObserver(note).observe(document, { attributes: true, subtree: true });
  });
  await page.route(allWasm, async (route) => {
    await givenUp;
    await route.abort();
  });
  await page.route('**/settings/audit-trail', async (route) => {
    await answered;
    await route.continue();
  });
  await openEarly(page, paths.tokens);
  const asked = page.waitForRequest('**/settings/audit-trail');
  await page.locator('nav a[href$="/audit-trail"]').first().click({ noWaitAfter: true });
  await asked;
  const failed = page.waitForEvent('pageerror');
  giveUp();
  await failed;
  await page.unroute(allWasm);
  const loaded = page.waitForEvent('load');
  answer();
  await loaded;
  await running(page);
  expect(await page.evaluate(() => sessionStorage.getItem('noticed'))).toBeNull();
  expect(faults.filter((fault) => !/ERR_FAILED|Failed to fetch/.test(fault))).toEqual([]);
  await page.context().close();
});

test('a browser without wasm gets no notice', async ({ browser, contextOptions }) => {
  const { page, faults } = await frail(browser, contextOptions);
  await page.addInitScript(() => Reflect.deleteProperty(window, 'WebAssembly'));
  await page.goto(paths.tokens);
  await expect(page.getByRole('button', { name: en.filter.apply })).toBeVisible();
  await expect(notice(page)).toBeHidden();
  expect(faults.filter((fault) => !/WebAssembly/.test(fault))).toEqual([]);
  await page.context().close();
});

test('a part that does not load leaves links to the browser', async ({ browser, contextOptions }) => {
  const { page, faults } = await frail(browser, contextOptions);
  await page.route(parts, (route) => route.abort());
  const refused = page.waitForEvent('console', (message) => message.text().includes('panicked'));
  await open(page, paths.settings);
  await refused;
  // It is not needed yet: the page works on.
  await page.getByRole('button', { name: '日本語' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(wordsOf('ja').settings.title);
  await expect(notice(page)).toBeHidden();

  await page.locator(`a[href="${paths.tokens}"]`).first().click();
  await expect(notice(page)).toBeVisible();
  await page.unroute(parts);
  await loads(page, () => page.locator('a.brand').click());
  await running(page);
  expect(faults.filter((fault) => !/ERR_FAILED|Failed to fetch|panicked|unreachable/.test(fault))).toEqual([]);
  await page.context().close();
});

test('a part that is lost once is fetched again', async ({ browser, contextOptions }) => {
  const { page, faults } = await frail(browser, contextOptions);
  const lost = new Set<string>();
  await page.route(parts, (route) => {
    const address = route.request().url();
    return lost.size < lost.add(address).size ? route.abort() : route.continue();
  });
  await open(page, paths.settings);
  await page.locator(`a[href="${paths.tokens}"]`).first().click();
  await expect(names(page).first()).toBeVisible();
  await expect(notice(page)).toBeHidden();
  expect(lost.size).toBeGreaterThan(0);
  expect(faults.filter((fault) => !/ERR_FAILED/.test(fault))).toEqual([]);
  await page.context().close();
});

for (const escape of [false, true]) {
  const when = escape ? 'after its dialog is closed' : 'in an open dialog';
  test(`a notice can be used ${when}`, async ({ browser, contextOptions }) => {
    const { page, faults } = await frail(browser, contextOptions);
    const token = await newToken(page);
    await open(page, listOf(token.name));
    const menu = await openMenu(page, token.name);
    await menu.getByRole('menuitem', { name: en.item.disable, exact: true }).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    // As the panic hook reports it.
    await page.evaluate(() => window.dispatchEvent(new Event('kagitaba:fails')));
    await expect(page.getByRole('dialog').locator(notice(page))).toBeVisible();
    if (escape) {
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toBeHidden();
    }
    await loads(page, () => notice(page).getByRole('link').click());
    await running(page);
    await expect(notice(page)).toBeHidden();
    expect(faults).toEqual([]);
    await page.context().close();
  });
}

/** Translates the page as browsers do: a pair of elements with another text takes the place of each text. */
async function translate(page: Page): Promise<void> {
  await page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts: Text[] = [];
    while (walker.nextNode()) texts.push(walker.currentNode as Text);
    for (const text of texts) {
      if (!text.data.trim() || text.parentElement?.closest('script, font, [translate=no]')) continue;
      const [outer, inner] = [document.createElement('font'), document.createElement('font')];
      inner.textContent = `«${text.data}»`;
      outer.append(inner);
      text.replaceWith(outer);
    }
  });
}

test.describe('On a translated page', () => {
  test('a card shows the newest state, and keeps its name', async ({ page }) => {
    await signIn(page, 'administrator');
    const token = await newToken(page, { name: unique('Translated') });
    await open(page, listOf(token.name));
    await mark(page);
    const badge = card(page, token.name).locator('.badge');
    await translate(page);
    await expect(badge).toHaveText(`«${en.state.enabled}»`);
    await expect(names(page)).toHaveText([token.name]);
    await call(page, 'tokens/disable', { id: token.id });
    await expect(badge).toHaveText(en.state.disabled);
    // The new text is translated, too, and replaced again.
    await translate(page);
    await expect(badge).toHaveText(`«${en.state.disabled}»`);
    await call(page, 'tokens/enable', { id: token.id });
    await expect(badge).toHaveText(en.state.enabled);
    await call(page, 'tokens/delete', { id: token.id });
    await expect(page.getByRole('heading', { name: en.tokens.nothing_title })).toBeVisible();
    await stillMarked(page);
  });

  test('a problem that is solved disappears', async ({ page }) => {
    await signIn(page, 'administrator');
    await open(page, paths.newToken);
    await page.getByRole('button', { name: en.next, exact: true }).click();
    const problem = page.locator('#name-error');
    await expect(problem).toHaveText(en.problem.required);
    await translate(page);
    await expect(problem).toHaveText(`«${en.problem.required}»`);
    await page.locator('#name').fill('A name');
    await page.locator('button:visible', { hasText: en.next }).click();
    await expect(page.locator('#step-contact')).toBeVisible();
    await expect(problem).toBeEmpty();
  });

  test('the original text comes back as it was', async ({ page }) => {
    await signIn(page, 'administrator');
    await open(page, paths.settings);
    const heading = page.getByRole('heading', { level: 1 });
    await heading.evaluate((heading) => {
      const text = heading.firstChild as Text;
      const translation = document.createElement('font');
      translation.textContent = 'Réglages';
      text.replaceWith(translation);
      Object.assign(window, { original: () => translation.replaceWith(text) });
    });
    await expect(heading).toHaveText('Réglages');
    await page.evaluate(() => (window as unknown as { original: () => void }).original());
    await expect(heading).toHaveText(en.settings.title);
    await page.getByRole('button', { name: '日本語' }).click();
    await expect(heading).toHaveText(wordsOf('ja').settings.title);
  });

  test('translated before wasm runs, the page still hydrates', async ({ page }) => {
    await signIn(page, 'administrator');
    const token = await newToken(page, { name: unique('Translated') });
    const release = await holdWasm(page);
    await openEarly(page, listOf(token.name));
    await translate(page);
    release();
    await running(page);
    await call(page, 'tokens/disable', { id: token.id });
    await expect(card(page, token.name).locator('.badge')).toHaveText(en.state.disabled);
  });
});
