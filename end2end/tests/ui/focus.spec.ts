// Focus and scrolling within the app: after a change of page, a dialog, and the removal of what had the focus.

import type { Page } from '@playwright/test';
import {
  card,
  closeSecret,
  dialog,
  expect,
  goBack,
  goForward,
  listOf,
  mark,
  names,
  newToken,
  open,
  openMenu,
  paths,
  signIn,
  stillMarked,
  test,
  unfold,
  unique,
  type Token,
} from '../support/fixtures.ts';
import { say, wordsOf } from '../support/words.ts';

const en = wordsOf('en');
const heading = (page: Page) => page.getByRole('heading', { level: 1 });
const scrolled = (page: Page) => page.evaluate(() => Math.round(window.scrollY));

test.beforeEach(async ({ page }) => {
  await signIn(page, 'administrator');
});

/** Creates tokens of this name, numbered from 1, and opens the list of them. */
async function numbered(page: Page, name: string, count: number): Promise<Token[]> {
  const tokens: Token[] = [];
  for (let number = 1; number <= count; number += 1) {
    tokens.push(await newToken(page, { name: `${name} ${String(number)}` }));
  }
  await open(page, `${listOf(name)}&sort=name`);
  await expect(names(page)).toHaveText(tokens.map((token) => token.name));
  return tokens;
}

/** Picks an item of the menu of the token's card, and confirms it. */
async function pick(page: Page, token: string, item: string): Promise<void> {
  await (await openMenu(page, token)).getByRole('menuitem', { name: item, exact: true }).click();
  await dialog(page).getByRole('button', { name: item, exact: true }).click();
}

const link = (page: Page, token: string) => card(page, token).getByRole('link', { name: token });

test('the heading of a new page takes the focus', async ({ page }) => {
  const token = await newToken(page);
  await open(page, paths.settings);
  await mark(page);
  // The first page keeps the focus where browsers put it.
  await expect(page.locator('body')).toBeFocused();
  for (const [title, next] of [[en.settings.platform_rest, en.tokens.title], [en.tips.title, en.tips.title]] as const) {
    await page.getByRole('main').getByRole('link', { name: title }).press('Enter');
    await expect(heading(page)).toHaveText(next);
    await expect(heading(page)).toBeFocused();
  }
  await goBack(page);
  await expect(heading(page)).toHaveText(en.tokens.title);
  await expect(heading(page)).toBeFocused();
  await page.getByRole('searchbox').fill(token.name);
  await link(page, token.name).press('Enter');
  await expect(heading(page)).toHaveText(token.name);
  await expect(heading(page)).toBeFocused();
  // The product's name stays in the page, and so would its focus.
  await page.locator('.brand').press('Enter');
  await expect(heading(page)).toHaveText(en.overview.title);
  await expect(heading(page)).toBeFocused();
  await stillMarked(page);
});

test('after Done, the heading of the list has the focus', async ({ page }) => {
  await open(page, paths.newToken);
  await page.locator('#name').fill(unique('Done'));
  for (const next of [en.form.contact, en.form.scopes]) {
    await page.getByRole('button', { name: en.next, exact: true }).click();
    await expect(page.getByRole('heading', { name: next, exact: true })).toBeFocused();
  }
  await unfold(page);
  await page.locator('input[value="listJobs"]').check();
  await page.getByRole('button', { name: en.form.create, exact: true }).click();
  await closeSecret(page);
  await expect(heading(page)).toHaveText(en.tokens.title);
  await expect(heading(page)).toBeFocused();
});

test('after Done in the list, the card’s menu has the focus', async ({ page }) => {
  const [token] = await numbered(page, unique('Reset'), 1);
  await pick(page, token?.name ?? '', en.item.reset);
  await closeSecret(page);
  await expect(page.getByRole('button', { name: say(en.card.more_for, { name: token?.name ?? '' }), exact: true })).toBeFocused();
});

test('after a deletion, the next card has the focus', async ({ page }) => {
  const name = unique('Neighbour');
  await numbered(page, name, 3);
  await pick(page, `${name} 2`, en.item.delete);
  await expect(names(page)).toHaveText([`${name} 1`, `${name} 3`]);
  await expect(link(page, `${name} 3`)).toBeFocused();

  // Undo brings the card back, with the focus.
  await page.getByRole('button', { name: en.done.undo }).click();
  await expect(names(page)).toHaveText([`${name} 1`, `${name} 2`, `${name} 3`]);
  await expect(link(page, `${name} 2`)).toBeFocused();

  // The last card has one before it only, and the only card none.
  await pick(page, `${name} 3`, en.item.delete);
  await expect(link(page, `${name} 2`)).toBeFocused();
  await pick(page, `${name} 1`, en.item.delete);
  await expect(link(page, `${name} 2`)).toBeFocused();
  await pick(page, `${name} 2`, en.item.delete);
  await expect(heading(page)).toBeFocused();
});

test('a card that leaves the filtered list hands on the focus', async ({ page }) => {
  const name = unique('Leaving');
  await numbered(page, name, 2);
  await page.getByRole('radio', { name: en.state.enabled, exact: true }).check();
  await expect(page).toHaveURL(/state=enabled/);
  await pick(page, `${name} 1`, en.item.disable);
  await expect(names(page)).toHaveText([`${name} 2`]);
  await expect(link(page, `${name} 2`)).toBeFocused();
});

test('Back and Forward return to the scroll position', async ({ page }) => {
  // Of tokens that no other test changes.
  const all = unique('Scrolled');
  for (let number = 0; number < 24; number += 1) {
    await newToken(page, { name: `${all} ${String(number)}` });
  }
  await open(page, listOf(all));
  await mark(page);
  await expect(names(page)).toHaveCount(24);
  const one = names(page).nth(17);
  await one.scrollIntoViewIfNeeded();
  const before = await scrolled(page);
  expect(before).toBeGreaterThan(500);
  const name = (await one.textContent()) ?? '';
  await one.getByRole('link').click();
  await expect(heading(page)).toHaveText(name);
  await expect.poll(() => scrolled(page)).toBe(0);
  await expect(heading(page)).toBeFocused(); // positions are kept from then on
  await page.evaluate(() => window.scrollTo(0, 400));
  // The position is kept after a pause in scrolling.
  await expect.poll(() => page.evaluate(() => (history.state as { scroll?: number } | null)?.scroll)).toBe(400);
  await goBack(page);
  await expect(one).toHaveText(name);
  await expect.poll(() => scrolled(page)).toBe(before);
  await expect(one).toBeInViewport();
  await goForward(page);
  await expect(heading(page)).toHaveText(name);
  await expect.poll(() => scrolled(page)).toBe(400);
  await stillMarked(page);
});
