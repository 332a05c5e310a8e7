// The More menu of a card: each item in both languages by mouse and by keyboard, and its effect at the gate.

import type { Page } from '@playwright/test';
import {
  announced,
  call,
  card,
  closeSecret,
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
  signIn,
  stillMarked,
  test,
  toast,
  unique,
} from '../support/fixtures.ts';
import { locales, say, wordsOf } from '../support/words.ts';

/** The items in the platform's own terms. */
const items = {
  en: {
    duplicate: 'Duplicate',
    reset: 'Reset',
    upgrade: 'Upgrade version',
    disable: 'Disable',
    enable: 'Enable',
    delete: 'Delete',
  },
  ja: {
    duplicate: '複製',
    reset: 'リセット',
    upgrade: 'バージョンをアップグレード',
    disable: '無効化',
    enable: '有効化',
    delete: '削除',
  },
} as const;

test.beforeEach(async ({ page }) => {
  await signIn(page, 'administrator');
});

/** Picks an item of the open menu by keyboard only. */
async function pickByKeyboard(page: Page, item: string): Promise<void> {
  await expect(page.getByRole('menuitem').first()).toBeFocused();
  const labels = await page.getByRole('menuitem').allTextContents();
  const index = labels.findIndex((label) => label.trim() === item);
  expect(index, `${item} among ${labels.join()}`).toBeGreaterThanOrEqual(0);
  for (let step = 0; step < index; step += 1) {
    await page.keyboard.press('ArrowDown');
  }
  await expect(page.getByRole('menuitem', { name: item, exact: true })).toBeFocused();
  await page.keyboard.press('Enter');
}

for (const language of ['en', 'ja'] as const) {
  const item = items[language];
  const words = wordsOf(language);

  for (const by of ['mouse', 'keyboard'] as const) {
    /** Opens the token's menu and picks the item. */
    const pick = async (page: Page, name: string, picked: string): Promise<void> => {
      if (by === 'mouse') {
        const menu = await openMenu(page, name, language);
        await menu.getByRole('menuitem', { name: picked, exact: true }).click();
      } else {
        await page.getByRole('button', { name: say(words.card.more_for, { name }), exact: true }).focus();
        await page.keyboard.press('Enter');
        await pickByKeyboard(page, picked);
      }
      await expect(page.getByRole('menu')).toBeHidden();
    };
    /** Presses the button of that name in the open dialog. */
    const answer = async (page: Page, name: string): Promise<void> => {
      const button = dialog(page).getByRole('button', { name, exact: true });
      if (by === 'mouse') {
        await button.click();
      } else {
        await button.focus();
        await page.keyboard.press('Enter');
      }
    };

    test.describe(`In ${locales[language]} by ${by}`, () => {
      test.use({ locale: locales[language] });

      test(`${item.duplicate} copies the settings with a new secret`, async ({ page, request }) => {
        const token = await newToken(page, { name: unique('Original'), description: 'Copied, too', version: 2 });
        await open(page, listOf(token.name));
        await mark(page);
        await pick(page, token.name, item.duplicate);
        await expect(dialog(page)).toHaveAccessibleName(words.secret.created_title);
        await expect(dialog(page)).toContainText(words.secret.warning);
        const [sid, secret] = await dialog(page).locator('.credentials code').allTextContents();
        expect(sid).toMatch(/^IR[0-9A-Za-z]{33}$/);
        expect(secret).toMatch(/^kgt_[0-9A-Za-z]{38}$/);
        expect([sid, secret]).not.toEqual([token.sid, token.secret]);
        await answer(page, words.secret.done);
        await answer(page, words.secret.close_uncopied);

        const copy = `${token.name} (2)`;
        await expect(toast(page, say(words.done.duplicated, { name: copy }))).toBeVisible();
        await expect(names(page)).toHaveText([copy, token.name]);
        await expect(card(page, copy)).toContainText('Copied, too');
        await expect(card(page, copy).getByText(say(words.card.upgrade_hint, { number: 3 }))).toBeVisible();
        expect(await gate(request, sid ?? '', secret ?? '')).toBe(200);
        expect(await gate(request, token.sid, token.secret)).toBe(200);
        await stillMarked(page);
      });

      test(`${item.reset} replaces the Auth Token at once`, async ({ page, request }) => {
        const token = await newToken(page, { name: unique('Leaked') });
        expect(await gate(request, token.sid, token.secret)).toBe(200);
        await open(page, listOf(token.name));
        await mark(page);
        await pick(page, token.name, item.reset);
        await expect(dialog(page)).toHaveAccessibleName(say(words.ask.reset_title, { name: token.name }));
        await expect(dialog(page)).toContainText(words.ask.reset_text);
        await answer(page, item.reset);

        await expect(dialog(page)).toHaveAccessibleName(words.secret.reset_title);
        const [sid, secret] = await dialog(page).locator('.credentials code').allTextContents();
        expect(sid).toBe(token.sid);
        expect(await gate(request, token.sid, token.secret)).toBe(401);
        expect(await gate(request, token.sid, secret ?? '')).toBe(200);
        await answer(page, words.secret.done);
        await answer(page, words.secret.close_uncopied);
        await expect(dialog(page)).toBeHidden();
        await expect(toast(page, say(words.done.reset, { name: token.name }))).toBeVisible();
        await stillMarked(page);
      });

      test(`${item.upgrade} moves the token to the newest version`, async ({ page }) => {
        const token = await newToken(page, { name: unique('Old'), version: 2 });
        await open(page, listOf(token.name));
        await mark(page);
        const hint = card(page, token.name).getByText(say(words.card.upgrade_hint, { number: 3 }));
        await expect(hint).toBeVisible();
        await pick(page, token.name, item.upgrade);
        await expect(dialog(page)).toHaveAccessibleName(say(words.ask.upgrade_title, { name: token.name, number: 3 }));
        await expect(dialog(page)).toContainText(say(words.ask.upgrade_text, { number: 3, old: 2 }));
        await answer(page, item.upgrade);
        await expect(announced(page, say(words.done.upgraded, { name: token.name, number: 3 }))).toBeAttached();
        await expect(hint).toBeHidden();
        await expect(page.locator('.toast')).toHaveCount(0);
        // The newest version is not worth a word on the card.
        await expect(card(page, token.name).getByText(words.card.api_version)).toBeHidden();
        await pick(page, token.name, words.item.go_back_version);
        await expect(dialog(page)).toHaveAccessibleName(say(words.ask.go_back_title, { name: token.name, number: 2 }));
        await expect(dialog(page)).toContainText(say(words.ask.go_back_text, { number: 2, newer: 3 }));
        await answer(page, words.item.go_back_version);
        await expect(announced(page, say(words.done.went_back, { name: token.name, number: 2 }))).toBeAttached();
        await expect(hint).toBeVisible();
        await stillMarked(page);
      });

      test(`${item.disable} blocks the token, ${item.enable} lets it pass again`, async ({ page, request }) => {
        const token = await newToken(page, { name: unique('Paused') });
        await open(page, listOf(token.name));
        await mark(page);
        await pick(page, token.name, item.disable);
        await expect(dialog(page)).toHaveAccessibleName(say(words.ask.disable_title, { name: token.name }));
        await expect(dialog(page)).toContainText(words.ask.disable_text);
        await answer(page, item.disable);
        await expect(announced(page, say(words.done.disabled, { name: token.name }))).toBeAttached();
        await expect(card(page, token.name).locator('.badge')).toHaveText(words.state.disabled);
        expect(await gate(request, token.sid, token.secret)).toBe(403);

        await pick(page, token.name, item.enable);
        await expect(dialog(page)).toHaveAccessibleName(say(words.ask.enable_title, { name: token.name }));
        await expect(dialog(page).getByRole('checkbox', { name: words.ask.reset_too })).not.toBeChecked();
        await answer(page, item.enable);
        await expect(announced(page, say(words.done.enabled, { name: token.name }))).toBeAttached();
        await expect(card(page, token.name).locator('.badge')).toHaveText(words.state.enabled);
        await expect(page.locator('.toast')).toHaveCount(0);
        expect(await gate(request, token.sid, token.secret)).toBe(200);
        await stillMarked(page);
      });

      test(`${item.delete} removes the token, ${words.done.undo} restores it`, async ({ page, request }) => {
        const token = await newToken(page, { name: unique('Deleted'), description: 'Comes back', version: 2 });
        await open(page, listOf(token.name));
        await mark(page);
        const before = await card(page, token.name).innerText();
        await pick(page, token.name, item.delete);
        await expect(dialog(page)).toHaveAccessibleName(say(words.ask.delete_title, { name: token.name }));
        await expect(dialog(page)).toContainText(words.ask.delete_text);
        await answer(page, item.delete);
        const said = toast(page, say(words.done.deleted, { name: token.name }));
        await expect(said).toBeVisible();
        await expect(card(page, token.name)).toBeHidden();
        expect(await gate(request, token.sid, token.secret)).toBe(401);

        const undo = said.getByRole('button', { name: words.done.undo });
        if (by === 'mouse') {
          await undo.click();
        } else {
          await undo.focus();
          await page.keyboard.press('Enter');
        }
        await expect(toast(page, say(words.done.restored, { name: token.name }))).toBeVisible();
        await expect(said).toBeHidden();
        await expect(card(page, token.name)).toBeVisible();
        expect(await card(page, token.name).innerText()).toBe(before);
        expect(await gate(request, token.sid, token.secret)).toBe(200);
        await stillMarked(page);
      });
    });
  }

  test.describe(`The menu in ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('the menu offers five items in order', async ({ page }) => {
      const token = await newToken(page, { version: 2 });
      await open(page, listOf(token.name));
      const menu = await openMenu(page, token.name, language);
      const offered = menu.getByRole('menuitem');
      await expect(offered).toHaveText([item.duplicate, item.reset, item.upgrade, item.disable, item.delete]);
      await call(page, 'tokens/disable', { id: token.id });
      await page.reload();
      await openMenu(page, token.name, language);
      await expect(offered).toHaveText([item.duplicate, item.reset, item.upgrade, item.enable, item.delete]);
    });

    test(`${item.upgrade} is disabled on the newest version`, async ({ page }) => {
      const token = await newToken(page);
      await open(page, listOf(token.name));
      const menu = await openMenu(page, token.name, language);
      const upgrade = menu.getByRole('menuitem', { name: item.upgrade });
      await expect(upgrade).toHaveAttribute('aria-disabled', 'true');
      await upgrade.click({ force: true });
      await expect(dialog(page)).toBeHidden();
      await expect(menu).toBeVisible();
    });

    test('a letter moves to the next item that starts with it', async ({ page }) => {
      const token = await newToken(page);
      await open(page, listOf(token.name));
      const menu = await openMenu(page, token.name, language);
      const letters = language === 'en' ? ['r', 'd', 'd', 'd'] : ['リ', '無', '削', '複'];
      const expected = [item.reset, item.disable, item.delete, item.duplicate];
      for (const [index, letter] of letters.entries()) {
        if (language === 'en') {
          await page.keyboard.press(letter);
        } else {
          // Playwright's keyboard layout lacks Japanese keys.
          await menu.evaluate((_, key) => {
            document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
          }, letter);
        }
        await expect(menu.getByRole('menuitem', { name: expected[index] ?? '', exact: true })).toBeFocused();
      }
    });
  });
}

test.describe('The menu button pattern', () => {
  test('Enter, Space and arrows open the menu at the right item', async ({ page }) => {
    const token = await newToken(page);
    await open(page, listOf(token.name));
    const button = page.getByRole('button', { name: `More: ${token.name}` });
    await expect(button).toHaveAttribute('aria-haspopup', 'menu');
    for (const [key, item] of [
      ['Enter', 'Duplicate'],
      [' ', 'Duplicate'],
      ['ArrowDown', 'Duplicate'],
      ['ArrowUp', 'Delete'],
    ] as const) {
      await expect(button).toHaveAttribute('aria-expanded', 'false');
      await button.focus();
      await page.keyboard.press(key);
      await expect(button).toHaveAttribute('aria-expanded', 'true');
      await expect(page.getByRole('menuitem', { name: item })).toBeFocused();
      await page.keyboard.press('Escape');
      await expect(page.getByRole('menu')).toBeHidden();
      await expect(button).toBeFocused();
    }
  });

  test('arrows wrap around, Home and End go to the ends', async ({ page }) => {
    const token = await newToken(page);
    await open(page, listOf(token.name));
    await openMenu(page, token.name);
    const at = (name: string) => expect(page.getByRole('menuitem', { name, exact: true })).toBeFocused();
    await at('Duplicate');
    await page.keyboard.press('ArrowUp');
    await at('Delete');
    await page.keyboard.press('ArrowDown');
    await at('Duplicate');
    await page.keyboard.press('ArrowDown');
    await at('Reset');
    await page.keyboard.press('End');
    await at('Delete');
    await page.keyboard.press('Home');
    await at('Duplicate');
  });

  test('Tab and a click elsewhere close the menu', async ({ page }) => {
    const token = await newToken(page);
    await open(page, listOf(token.name));
    const menu = await openMenu(page, token.name);
    await expect(menu.getByRole('menuitem', { name: 'Duplicate' })).toBeFocused();
    await page.keyboard.press('Tab');
    await expect(menu).toBeHidden();
    await openMenu(page, token.name);
    await expect(menu.getByRole('menuitem', { name: 'Duplicate' })).toBeFocused();
    await page.getByRole('heading', { level: 1 }).click();
    await expect(menu).toBeHidden();
  });

  test('only one menu is open at a time', async ({ page }) => {
    const name = unique('Neighbour');
    await newToken(page, { name: `${name} 1` });
    await newToken(page, { name: `${name} 2` });
    await open(page, listOf(name));
    await openMenu(page, `${name} 1`);
    await expect(page.getByRole('menuitem', { name: 'Duplicate' })).toBeFocused();
    await page.getByRole('button', { name: `More: ${name} 2` }).click();
    await expect(page.getByRole('menu', { name: `More: ${name} 2` })).toBeVisible();
    await expect(page.getByRole('menu')).toHaveCount(1);
  });

  test('the page has the menu that was opened last, and no other', async ({ page }) => {
    const name = unique('Neighbour');
    await newToken(page, { name: `${name} 1` });
    await newToken(page, { name: `${name} 2`, version: 2 });
    await open(page, listOf(name));
    const menus = page.locator('.cards [role="menu"]');
    await expect(names(page)).toHaveCount(2);
    await expect(menus).toHaveCount(0);
    for (const [number, upgrade] of [
      [1, 'true'],
      [2, 'false'],
      [1, 'true'],
    ] as const) {
      const menu = await openMenu(page, `${name} ${String(number)}`);
      await expect(menu).toHaveAccessibleName(`More: ${name} ${String(number)}`);
      await expect(menu.getByRole('menuitem', { name: 'Upgrade version' })).toHaveAttribute('aria-disabled', upgrade);
      await expect(menus).toHaveCount(1);
      await page.keyboard.press('Escape');
      await expect(page.getByRole('button', { name: `More: ${name} ${String(number)}` })).toBeFocused();
      await expect(menus).toBeHidden();
    }
  });

  test('a click beside an open menu leaves the focus where it is', async ({ page }) => {
    const token = await newToken(page);
    await open(page, listOf(token.name));
    const menu = await openMenu(page, token.name);
    await page.locator('.results-head .count').click();
    await expect(menu).toBeHidden();
    await expect(page.locator('main')).toBeFocused();
    const more = page.getByRole('button', { name: say(wordsOf('en').card.more_for, { name: token.name }), exact: true });
    await expect(more).not.toBeFocused();
  });
});

test.describe('Confirmation', () => {
  for (const how of ['Cancel', 'Escape'] as const) {
    test(`${how} changes nothing and returns the focus to More`, async ({ page, request }) => {
      const token = await newToken(page);
      await open(page, listOf(token.name));
      for (const item of ['Reset', 'Disable', 'Delete']) {
        const menu = await openMenu(page, token.name);
        await menu.getByRole('menuitem', { name: item, exact: true }).click();
        await expect(dialog(page)).toBeVisible();
        if (how === 'Cancel') {
          await dialog(page).getByRole('button', { name: 'Cancel' }).click();
        } else {
          await page.keyboard.press('Escape');
        }
        await expect(dialog(page)).toBeHidden();
        await expect(page.getByRole('button', { name: `More: ${token.name}` })).toBeFocused();
      }
      expect(await gate(request, token.sid, token.secret)).toBe(200);
      await expect(page.locator('.toast')).toHaveCount(0);
    });
  }

  test('a second click on the confirmation has no effect', async ({ page }) => {
    const token = await newToken(page);
    await open(page, listOf(token.name));
    let resets = 0;
    page.on('request', (request) => (resets += request.url().endsWith('/api/tokens/reset') ? 1 : 0));
    const menu = await openMenu(page, token.name);
    await menu.getByRole('menuitem', { name: 'Reset', exact: true }).click();
    // Both clicks in one task, before the page can render in between.
    await dialog(page)
      .getByRole('button', { name: 'Reset', exact: true })
      .evaluate((button: HTMLButtonElement) => {
        button.click();
        button.click();
      });
    await expect(dialog(page)).toHaveAccessibleName('New Auth Token');
    expect(resets).toBe(1);
  });
});

test('Escape does not close the dialog with the secret', async ({ page }) => {
  const token = await newToken(page);
  await open(page, listOf(token.name));
  const menu = await openMenu(page, token.name);
  await menu.getByRole('menuitem', { name: 'Duplicate' }).click();
  await expect(dialog(page)).toBeVisible();
  const secret = dialog(page).locator('code.secret');
  const shown = await secret.textContent();
  await page.keyboard.press('Escape');
  await expect(secret).toHaveText(shown ?? '');
  await closeSecret(page);
  await expect(dialog(page)).toBeHidden();
  expect(await page.content()).not.toContain(shown);
});

test('Duplicate clicked twice makes one copy', async ({ page }) => {
  const token = await newToken(page);
  await open(page, listOf(token.name));
  const menu = await openMenu(page, token.name);
  await menu.getByRole('menuitem', { name: 'Duplicate' }).evaluate((item: HTMLElement) => {
    item.click();
    item.click();
  });
  await closeSecret(page);
  await expect(names(page)).toHaveText([`${token.name} (2)`, token.name]);
});

test('a deletion is final after 10 seconds', async ({ page, request }) => {
  const token = await newToken(page);
  await open(page, listOf(token.name));
  const menu = await openMenu(page, token.name);
  await menu.getByRole('menuitem', { name: 'Delete' }).click();
  const answering = page.waitForResponse('**/api/tokens/delete');
  await dialog(page).getByRole('button', { name: 'Delete' }).click();
  const deleted = Date.parse((await answering).headers()['date'] ?? '');
  const undo = page.getByRole('button', { name: 'Undo' });
  await expect(undo).toBeVisible();
  await expect(undo).toBeHidden({ timeout: 60_000 });
  // The server accepts Undo a little longer than the page offers it, for a click at the last moment.
  const elapsed = async () => Date.parse((await page.request.get('/healthz')).headers()['date'] ?? '') - deleted;
  await expect.poll(elapsed).toBeGreaterThan(13_000);
  const late = await call(page, 'tokens/undo_delete', { id: token.id });
  expect(late.status()).toBe(404);
  expect(await gate(request, token.sid, token.secret)).toBe(401);
  expect((await call(page, 'tokens/get', { id: token.id })).status()).toBe(404);
});

test('Undo is still offered on the next page', async ({ page, request }) => {
  const token = await newToken(page);
  await open(page, listOf(token.name));
  const menu = await openMenu(page, token.name);
  await menu.getByRole('menuitem', { name: 'Delete' }).click();
  await dialog(page).getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('link', { name: 'Create access token' }).click();
  await expect(page).toHaveURL(paths.newToken);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(toast(page, `“${token.name}” was restored`)).toBeVisible();
  expect(await gate(request, token.sid, token.secret)).toBe(200);
});

test('a conflicting change is reported and shown in the list', async ({ page }) => {
  // Without live updates, as if the page had not heard of the change yet.
  await page.route('**/live?*', (route) => route.fulfill({ status: 429 }));
  const name = unique('Race');
  const [first, second] = [await newToken(page, { name: `${name} 1` }), await newToken(page, { name: `${name} 2` })];
  await open(page, listOf(name));
  await expect(names(page)).toHaveCount(2);
  // A reset names the revision that the page showed; the token was disabled since.
  await call(page, 'tokens/disable', { id: first.id });
  await (await openMenu(page, first.name)).getByRole('menuitem', { name: 'Reset' }).click();
  await dialog(page).getByRole('button', { name: 'Reset' }).click();
  await expect(page.getByRole('alert').filter({ hasText: wordsOf('en').error.conflict })).toBeVisible();
  await expect(card(page, first.name).locator('.badge')).toHaveText('Disabled');

  await call(page, 'tokens/delete', { id: second.id });
  await (await openMenu(page, second.name)).getByRole('menuitem', { name: 'Disable' }).click();
  await dialog(page).getByRole('button', { name: 'Disable' }).click();
  await expect(page.getByRole('alert').filter({ hasText: wordsOf('en').error.not_found })).toBeVisible();
  await expect(card(page, second.name)).toBeHidden();
});

test('a token that no longer matches leaves the list', async ({ page }) => {
  const token = await newToken(page);
  await open(page, `${listOf(token.name)}&state=enabled`);
  await (await openMenu(page, token.name)).getByRole('menuitem', { name: 'Disable' }).click();
  await dialog(page).getByRole('button', { name: 'Disable' }).click();
  await expect(page.getByRole('heading', { name: 'No matching tokens' })).toBeVisible();
  await expect(toast(page, `“${token.name}” is disabled`)).toBeVisible();
});

test('the menu of an open token works as on its card', async ({ page, request }) => {
  const token = await newToken(page, { version: 2 });
  await open(page, paths.token(token.id));
  await (await openMenu(page, token.name)).getByRole('menuitem', { name: 'Disable' }).click();
  await dialog(page).getByRole('button', { name: 'Disable' }).click();
  await expect(page.locator('.page-head .badge')).toHaveText('Disabled');
  expect(await gate(request, token.sid, token.secret)).toBe(403);
  await (await openMenu(page, token.name)).getByRole('menuitem', { name: 'Upgrade version' }).click();
  await dialog(page).getByRole('button', { name: 'Upgrade version' }).click();
  await expect(page.getByRole('combobox', { name: 'API version' })).toHaveCount(0);
  await (await openMenu(page, token.name)).getByRole('menuitem', { name: 'Delete' }).click();
  await dialog(page).getByRole('button', { name: 'Delete' }).click();
  await expect(page).toHaveURL(paths.tokens);
  await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible();
});
