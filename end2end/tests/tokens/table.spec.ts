// The list as a table: the switch between both views, its place in the link, and the rows' menus.

import type { Page } from '@playwright/test';
import {
  call,
  card,
  create,
  dialog,
  expect,
  gate,
  listOf,
  mark,
  names,
  newToken,
  open,
  openMenu,
  paths,
  row,
  running,
  signIn,
  stillMarked,
  test,
  unique,
} from '../support/fixtures.ts';
import { languages, locales, say, wordsOf } from '../support/words.ts';

const en = wordsOf('en');

test.beforeEach(async ({ page }) => {
  await signIn(page, 'administrator');
});

/** The query of the page's URL. */
function query(page: Page): Record<string, string> {
  return Object.fromEntries(new URL(page.url()).searchParams);
}

/** The list as a table for tokens of this name, in the order of names. */
function tableOf(name: string): string {
  return `${listOf(name)}&sort=name&view=table`;
}

/** The names in the rows, in their order. */
function rows(page: Page) {
  return page.getByRole('rowheader').getByRole('link');
}

for (const language of languages) {
  const words = wordsOf(language);

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('the switch keeps filters and order, also after a reload', async ({ page }) => {
      await open(page, `${paths.tokens}?name=data&sort=name`);
      await mark(page);
      const view = (name: string) => page.getByRole('group', { name: words.tokens.view }).getByRole('link', { name });
      const [cards, table] = [view(words.tokens.view_cards), view(words.tokens.view_table)];
      await expect(cards).toHaveAttribute('aria-current', 'true');
      await table.click();
      await expect(rows(page)).toHaveText(['Data lake backfill', 'Data science notebook']);
      await expect.poll(() => query(page)).toEqual({ name: 'data', sort: 'name', view: 'table' });
      await expect(table).toHaveAttribute('aria-current', 'true');
      await page.locator('#filters').getByRole('radio', { name: words.state.disabled }).check();
      await expect(rows(page)).toHaveText(['Data lake backfill']);
      await stillMarked(page);
      await page.reload();
      await running(page);
      await expect(rows(page)).toHaveText(['Data lake backfill']);
      expect(query(page)).toEqual({ name: 'data', state: 'disabled', sort: 'name', view: 'table' });

      // The browser remembers the choice for links that do not name a view.
      await open(page, listOf('notebook'));
      await expect(rows(page)).toHaveText(['Data science notebook']);
      await expect.poll(() => query(page)).toEqual({ name: 'notebook', view: 'table' });
      await cards.click();
      await expect(names(page)).toHaveText(['Data science notebook']);
      await expect.poll(() => query(page)).toEqual({ name: 'notebook' });
      await page.reload();
      await running(page);
      await expect(names(page)).toHaveText(['Data science notebook']);
    });

    test('a row says what its card says', async ({ page }) => {
      const token = await newToken(page, { scopes: ['listJobs', 'getJob'] });
      await page.setViewportSize({ width: 1440, height: 900 });
      await open(page, tableOf(token.name));
      const cells = row(page, token.name).getByRole('cell');
      await expect(cells).toHaveCount(7);
      await expect(cells.nth(0)).toHaveText(words.state.enabled);
      await expect(cells.nth(3)).toHaveText('2');
      await expect(cells.nth(4)).toHaveText(words.card.never);
      await expect(cells.nth(5)).toHaveText(words.form.expires_never);
      await rows(page).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(token.name);
    });
  });
}

test('the menu of a row works by keyboard', async ({ page, request }) => {
  const name = unique('Row');
  const [first, second] = [await newToken(page, { name: `${name} 1` }), await newToken(page, { name: `${name} 2` })];
  await open(page, tableOf(name));
  await mark(page);
  await expect(rows(page)).toHaveText([first.name, second.name]);
  const more = (name: string) => page.getByRole('button', { name: say(en.card.more_for, { name }), exact: true });
  await more(second.name).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: en.item.duplicate })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(more(second.name)).toBeFocused();

  await more(first.name).focus();
  await page.keyboard.press('ArrowUp');
  await expect(page.getByRole('menuitem', { name: en.item.delete })).toBeFocused();
  await expect(page.locator('.tokens [role="menu"]')).toHaveCount(1);
  await page.keyboard.press('ArrowUp');
  await expect(page.getByRole('menuitem', { name: en.item.disable, exact: true })).toBeFocused();
  await page.keyboard.press('Enter');
  await dialog(page).getByRole('button', { name: en.item.disable }).press('Enter');
  await expect(row(page, first.name).locator('.badge')).toHaveText(en.state.disabled);
  await expect(more(first.name)).toBeFocused();
  expect(await gate(request, first.sid, first.secret)).toBe(403);

  // The next row takes the focus of one that is deleted, and Undo gives it back.
  await more(first.name).press('ArrowUp');
  await expect(page.getByRole('menuitem', { name: en.item.delete })).toBeFocused();
  await page.keyboard.press('Enter');
  await dialog(page).getByRole('button', { name: en.item.delete }).press('Enter');
  await expect(rows(page)).toHaveText([second.name]);
  await expect(rows(page)).toBeFocused();
  await page.getByRole('button', { name: en.done.undo }).press('Enter');
  await expect(rows(page)).toHaveText([first.name, second.name]);
  await expect(rows(page).first()).toBeFocused();
  await stillMarked(page);
});

test('a row follows changes by others', async ({ page, anotherPage }) => {
  const token = await newToken(page, { name: unique('Row') });
  await open(page, tableOf(token.name));
  await mark(page);
  const colleague = await anotherPage();
  await signIn(colleague, 'specialist');
  await call(colleague, 'tokens/disable', { id: token.id });
  await expect(row(page, token.name).locator('.badge')).toHaveText(en.state.disabled);
  await expect(row(page, token.name).locator('.card-touched')).toBeVisible();
  await create(colleague, { name: `${token.name} too` });
  await expect(rows(page)).toHaveText([token.name, `${token.name} too`]);
  await stillMarked(page);
});

test('headings sort the table', async ({ page }) => {
  await open(page, `${paths.tokens}?name=data&view=table`);
  await mark(page);
  const heading = (name: string) => page.getByRole('columnheader', { name });
  await expect(heading(en.form.name)).not.toHaveAttribute('aria-sort');
  await heading(en.form.name).getByRole('link').click();
  await expect(heading(en.form.name)).toHaveAttribute('aria-sort', 'ascending');
  await expect(rows(page)).toHaveText(['Data lake backfill', 'Data science notebook']);
  await heading(en.card.last_used).getByRole('link').click();
  await expect(heading(en.card.last_used)).toHaveAttribute('aria-sort', 'descending');
  await expect(rows(page)).toHaveText(['Data science notebook', 'Data lake backfill']);
  await expect.poll(() => query(page)).toEqual({ name: 'data', sort: 'last-used', view: 'table' });
  await expect(page.getByRole('combobox', { name: en.tokens.sort })).toHaveValue('last-used');
  await stillMarked(page);
});

test('the table fits each width, and is compact on a phone', async ({ page }) => {
  const token = await newToken(page, { name: unique('Narrow'), version: 2 });
  for (const width of [1440, 1280, 1024, 820, 390]) {
    await page.setViewportSize({ width, height: 900 });
    await open(page, tableOf(token.name));
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(beyond, `nothing sticks out at ${String(width)} px`).toBeLessThanOrEqual(0);
    await openMenu(page, token.name);
    for (const item of await page.getByRole('menuitem').all()) {
      await expect(item).toBeInViewport({ ratio: 1 });
    }
    await page.keyboard.press('Escape');
  }
  const box = await row(page, token.name).boundingBox();
  expect(box?.height).toBeLessThan(100);
});

test.describe('Without scripts', () => {
  test.use({ javaScriptEnabled: false });

  test('links and the form keep the view', async ({ page }) => {
    await page.goto(`${paths.tokens}?sort=name`);
    await page.getByRole('link', { name: en.tokens.view_table, exact: true }).click();
    await expect(rows(page)).toHaveCount(24);
    await page.getByRole('link', { name: en.pager.next, exact: true }).click();
    await expect(page).toHaveURL(/\?sort=name&after=.*&view=table$/);
    await page.getByRole('searchbox').fill('data');
    await page.getByRole('button', { name: en.filter.apply }).click();
    await expect(rows(page)).toHaveText(['Data lake backfill', 'Data science notebook']);
    await page.getByRole('link', { name: en.tokens.view_cards, exact: true }).click();
    await expect(card(page, 'Data lake backfill')).toBeVisible();
  });
});
