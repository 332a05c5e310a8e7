// The keyboard: shortcuts, the list of them with its switch, and the command palette.

import type { Page } from '@playwright/test';
import {
  card,
  dialog,
  expect,
  listOf,
  mark,
  names,
  newToken,
  open,
  paths,
  running,
  signIn,
  stillMarked,
  test,
  unique,
  type Token,
} from '../support/fixtures.ts';
import { languages, locales, say, wordsOf, type Words } from '../support/words.ts';

const en = wordsOf('en');
const heading = (page: Page) => page.getByRole('heading', { level: 1 });
const input = (page: Page, words: Words = en) => dialog(page).getByRole('combobox', { name: words.keyboard.open });
const options = (page: Page) => dialog(page).getByRole('option');
const link = (page: Page, token: Token) => card(page, token.name).getByRole('link', { name: token.name });

/** Opens the palette by its keys. */
async function openPalette(page: Page, words: Words = en): Promise<void> {
  await page.keyboard.press('Control+k');
  await expect(input(page, words)).toBeFocused();
}

/** Presses the keys one right after the other, however busy the machine is. */
async function pressAtOnce(page: Page, keys: string): Promise<void> {
  await page.evaluate((all) => {
    for (const key of all) {
      (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    }
  }, [...keys]);
}

/** Creates two tokens, and opens the list of them. */
async function twoTokens(page: Page): Promise<[Token, Token]> {
  const name = unique('Keys');
  const tokens: [Token, Token] = [await newToken(page, { name: `${name} 1` }), await newToken(page, { name: `${name} 2` })];
  await open(page, `${listOf(name)}&sort=name`);
  await expect(names(page)).toHaveText(tokens.map((token) => token.name));
  return tokens;
}

for (const language of languages) {
  const words = wordsOf(language);

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('the palette finds a token and opens its page', async ({ page }) => {
      await signIn(page, 'administrator');
      const token = await newToken(page, { name: unique('Palette') });
      await open(page, paths.overview);
      await mark(page);
      await openPalette(page, words);
      await page.keyboard.type(token.name);
      const found = dialog(page).getByRole('group', { name: words.tokens.list }).getByRole('option');
      await expect(found).toContainText([token.name]);
      await expect(found).toHaveAttribute('aria-selected', 'true');
      await expect(input(page, words)).toHaveAttribute('aria-activedescendant', (await found.getAttribute('id')) ?? '');
      await page.keyboard.press('Enter');
      await expect(page).toHaveURL(paths.token(token.id));
      await expect(heading(page)).toHaveText(token.name);
      await expect(dialog(page)).toHaveCount(0);
      await stillMarked(page);
    });

    test('the palette finds pages by their names in both languages', async ({ page }) => {
      await signIn(page, 'administrator');
      await open(page, paths.overview);
      await page.getByRole('button', { name: words.keyboard.open }).click();
      for (const other of languages) {
        await input(page, words).fill(wordsOf(other).settings.audit_trail);
        const found = dialog(page).getByRole('group', { name: words.keyboard.pages_found }).getByRole('option');
        await expect(found).toContainText([words.settings.audit_trail]);
      }
      await input(page, words).fill('');
      await page.keyboard.press('End');
      await expect(options(page).last()).toHaveAttribute('aria-selected', 'true');
      await expect(options(page).last()).toContainText(words.sign_in.sign_out);
      await page.keyboard.press('ArrowDown');
      await expect(options(page).first()).toHaveAttribute('aria-selected', 'true');
      await page.keyboard.press('Escape');
      await expect(dialog(page)).toHaveCount(0);
      await expect(page.getByRole('button', { name: words.keyboard.open })).toBeFocused();
    });
  });
}

test('the palette says if nothing is found, and why not', async ({ page }) => {
  await signIn(page, 'administrator');
  await open(page, paths.overview);
  await openPalette(page);
  const text = unique('Nothing of this name');
  await input(page).fill(text);
  await expect(dialog(page).getByRole('status')).toHaveText(say(en.keyboard.nothing, { text }));
  await expect(input(page)).toHaveAttribute('aria-expanded', 'false');
  await page.route('**/api/tokens/list', (route) => route.fulfill({ status: 403, json: { Refused: 'NotAllowed' } }));
  await input(page).fill(`${text} either`);
  await expect(dialog(page).getByRole('status')).toHaveText(en.error.not_allowed);
});

test('a theme chosen in the palette outlives the profile’s page', async ({ page }) => {
  await signIn(page, 'administrator');
  await open(page, '/settings/profile');
  await mark(page);
  await openPalette(page);
  await input(page).fill(en.keyboard.theme_dark);
  await expect(options(page)).toContainText([en.keyboard.theme_dark]);
  await page.keyboard.press('Enter');
  await expect(dialog(page)).toHaveCount(0);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.locator('.brand').click();
  await expect(page).toHaveURL(paths.overview);
  await expect(heading(page)).toHaveText(en.overview.title);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await stillMarked(page);
});

test('the palette drops an answer that comes late', async ({ page }) => {
  await signIn(page, 'administrator');
  const [first, second] = [await newToken(page), await newToken(page)];
  await open(page, paths.overview);
  let release = () => {};
  const released = new Promise<void>((done) => (release = done));
  await page.route('**/api/tokens/list', async (route) => {
    if (route.request().postData()?.includes(first.name) === true) {
      await released;
    }
    await route.continue();
  });
  await openPalette(page);
  const late = page.waitForRequest((request) => request.postData()?.includes(first.name) === true);
  await input(page).fill(first.name);
  const answered = page.waitForResponse((response) => response.request().postData()?.includes(first.name) === true);
  await late;
  await input(page).fill(second.name);
  await expect(options(page)).toContainText([second.name]);
  release();
  await (await answered).finished();
  // By the time of this answer, the page is done with the late one.
  await page.evaluate(async () => (await fetch('/healthz')).text());
  await expect(options(page)).toContainText([second.name]);
  await expect(dialog(page).getByRole('status')).toHaveText('');
  // The text of the late answer asks again.
  await input(page).fill(first.name);
  await expect(options(page)).toContainText([first.name]);
});

test('keys walk through the list, open menus and pages', async ({ page }) => {
  await signIn(page, 'administrator');
  const [first, second] = await twoTokens(page);
  await mark(page);
  for (const [key, token] of [['j', first], ['j', second], ['j', second], ['k', first]] as const) {
    await page.keyboard.press(key);
    await expect(link(page, token)).toBeFocused();
  }
  await page.keyboard.press('.');
  await expect(page.getByRole('menuitem').first()).toBeFocused();
  // In the menu, letters are the menu's.
  await page.keyboard.press('j');
  await expect(page.getByRole('menuitem').first()).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toBeHidden();
  await page.keyboard.press('j');
  await expect(link(page, second)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(paths.token(second.id));
  for (const [keys, path] of [['gt', paths.tokens], ['gu', paths.accountUsers], ['gs', paths.settings], ['go', paths.overview]] as const) {
    await pressAtOnce(page, keys);
    await expect(page).toHaveURL(path);
  }
  await page.keyboard.press('c');
  await expect(page).toHaveURL(paths.newToken);
  await page.keyboard.press('/');
  await expect(page).toHaveURL(paths.tokens);
  await expect(page.getByRole('searchbox', { name: en.filter.name })).toBeFocused();
  await stillMarked(page);
});

test('keys do nothing while one types, or for other roles', async ({ page, anotherPage }) => {
  await signIn(page, 'administrator');
  await twoTokens(page);
  await page.keyboard.press('/');
  const search = page.getByRole('searchbox', { name: en.filter.name });
  await expect(search).toBeFocused();
  await search.press('End');
  const before = await search.inputValue();
  await page.keyboard.type('cgo?/');
  await expect(search).toHaveValue(`${before}cgo?/`);
  // The palette's keys are none that one types. Had the others been shortcuts, they would have come before.
  await openPalette(page);
  expect(new URL(page.url()).pathname).toBe(paths.tokens);

  const other = await anotherPage();
  await signIn(other, 'analyst');
  await open(other, paths.overview);
  await other.keyboard.press('c');
  await pressAtOnce(other, 'ga');
  await openPalette(other);
  await expect(dialog(other).getByRole('group', { name: en.keyboard.pages_found }).getByRole('option')).toContainText([
    en.overview.title,
    en.settings.title,
    en.profile.title,
  ]);
  await expect(options(other).filter({ hasText: en.tokens.create })).toHaveCount(0);
  expect(new URL(other.url()).pathname).toBe(paths.overview);
});

test('the list of keys turns single keys off and on', async ({ page }) => {
  await signIn(page, 'administrator');
  const [first] = await twoTokens(page);
  await page.keyboard.press('?');
  await expect(dialog(page)).toHaveAccessibleName(en.keyboard.keys);
  for (const shortcut of [en.keyboard.open, en.tokens.create, en.overview.title, en.keyboard.next]) {
    await expect(dialog(page).locator('dt').filter({ hasText: shortcut })).toBeVisible();
  }
  const toggle = dialog(page).getByRole('checkbox', { name: en.keyboard.single });
  await expect(toggle).toBeChecked();
  await toggle.uncheck();
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toHaveCount(0);
  for (const times of [1, 2]) {
    await page.keyboard.press('j');
    // Had the key been a shortcut, it would have moved the focus before the palette opens, which Escape then returns to.
    await openPalette(page);
    await page.keyboard.press('Escape');
    await expect(dialog(page)).toHaveCount(0);
    await expect(link(page, first), `${String(times)} times`).not.toBeFocused();
    // The browser keeps it.
    await page.reload();
    await running(page);
  }
  await openPalette(page);
  await input(page).fill(en.keyboard.keys);
  await page.keyboard.press('Enter');
  await expect(dialog(page)).toHaveAccessibleName(en.keyboard.keys);
  await expect(toggle).not.toBeChecked();
  await toggle.check();
  await dialog(page).getByRole('button', { name: en.keyboard.close }).click();
  await expect(dialog(page)).toHaveCount(0);
  await page.keyboard.press('j');
  await expect(link(page, first)).toBeFocused();
});

test('a page with changes asks before keys leave it', async ({ page }) => {
  await signIn(page, 'administrator');
  const token = await newToken(page);
  await open(page, paths.token(token.id));
  await page.locator('#description').fill('Changed');
  await openPalette(page);
  await input(page).fill(en.overview.title);
  await page.keyboard.press('Enter');
  await expect(dialog(page)).toHaveAccessibleName(en.ask.leave_title);
  // While another dialog is open, no key is a shortcut.
  await page.keyboard.press('Control+k');
  await page.keyboard.press('?');
  await expect(dialog(page)).toHaveAccessibleName(en.ask.leave_title);
  await dialog(page).getByRole('button', { name: en.ask.leave }).click();
  await expect(page).toHaveURL(paths.overview);
});
