// axe finds no violation on any page, menu, dialog and sheet, in both languages, light and dark, wide and on a phone.

import type { Locator, Page } from '@playwright/test';
import { axe } from '../support/axe.ts';
import { dialog, expect, listOf, newToken, open, openMenu, paths, signIn, test, unfold, type User } from '../support/fixtures.ts';
import { locales, wordsOf, type Language } from '../support/words.ts';

const wide = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };

/** The looks checked in each language. Colours do not depend on the texts, so two per language cover all four. */
const looks = {
  en: [
    { size: wide, colorScheme: 'light' },
    { size: phone, colorScheme: 'dark' },
  ],
  ja: [
    { size: wide, colorScheme: 'dark' },
    { size: phone, colorScheme: 'light' },
  ],
} as const;

test.describe.configure({ timeout: 180_000 });

for (const language of ['en', 'ja'] as const satisfies readonly Language[]) {
  const words = wordsOf(language);

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language], reducedMotion: 'reduce', viewport: wide });

    /** Checks the page as it is, or a part of it, in these sizes. */
    const examine = async (page: Page, sizes: readonly object[] = [wide, phone], part?: string): Promise<void> => {
      for (const { size, colorScheme } of looks[language].filter((look) => sizes.includes(look.size))) {
        await page.setViewportSize(size);
        await page.emulateMedia({ colorScheme });
        await axe(page, `${size.width} px, ${colorScheme}`, part);
      }
    };

    /** Checks the open dialog; the page behind it is inert. */
    const examineDialog = (page: Page, sizes?: readonly object[]): Promise<void> => examine(page, sizes, 'dialog[open]');

    /** Opens the page as this user, and checks its heading and language. */
    const visit = async (page: Page, user: User, path: string, heading: string): Promise<void> => {
      await signIn(page, user);
      await open(page, path);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
      await expect(page.locator('html')).toHaveAttribute('lang', language);
    };

    test('the sign-in page has no violation', async ({ page }) => {
      await open(page, paths.signIn);
      await expect(page.locator('html')).toHaveAttribute('lang', language);
      await examine(page);
    });

    test('the settings have no violation, with or without entries', async ({ page }) => {
      await visit(page, 'administrator', paths.settings, words.settings.title);
      await examine(page);
      await visit(page, 'finance', paths.settings, words.settings.title);
      await expect(page.getByRole('heading', { name: words.settings.nothing })).toBeVisible();
      await examine(page);
    });

    test('the overview has no violation, with or without tokens', async ({ page }) => {
      await visit(page, 'administrator', paths.overview, words.overview.title);
      await expect(page.locator('.needs a').first()).toBeVisible();
      await examine(page);
      await visit(page, 'finance', paths.overview, words.overview.title);
      await expect(page.getByRole('heading', { name: words.overview.without })).toBeVisible();
      await examine(page);
    });

    test('the token list has no violation, even if it is empty', async ({ page }) => {
      // Two cards: one of a disabled token with an old version, one of an enabled token.
      await visit(page, 'administrator', `${paths.tokens}?name=data`, words.tokens.title);
      await examine(page);
      await open(page, `${paths.tokens}?name=data&view=table`);
      await expect(page.getByRole('rowheader')).toHaveCount(2);
      await examine(page);
      await open(page, `${paths.tokens}?name=no+such+name&condition=unused`);
      await expect(page.getByRole('heading', { name: words.tokens.nothing_title })).toBeVisible();
      await expect(page.getByRole('radio', { name: words.filter.unused, includeHidden: true })).toBeChecked();
      await examine(page);
    });

    test('the tips have no violation', async ({ page }) => {
      await visit(page, 'specialist', paths.tips, words.tips.title);
      await examine(page);
    });

    test('error pages have no violation', async ({ page }) => {
      await visit(page, 'analyst', paths.tokens, words.not_allowed);
      await examine(page, [wide]);
      await visit(page, 'administrator', paths.token(crypto.randomUUID()), words.token_not_found);
      await examine(page, [phone]);
      await open(page, '/no-such-page');
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(words.page_not_found);
      await examine(page, [wide]);
    });

    test('the steps of a new token have no violation', async ({ page }) => {
      await visit(page, 'administrator', paths.newToken, words.form.title_new);
      const next = page.getByRole('button', { name: words.next });
      await next.click();
      await expect(page.locator('#name-error')).toHaveText(words.problem.required);
      await examine(page);
      await page.locator('#name').fill('Examined');
      await next.click();
      await expect(page.locator('#developers')).toBeVisible();
      await examine(page);
      await next.click();
      await page.getByRole('switch').first().check();
      await examine(page);
      await unfold(page);
      await examine(page);
    });

    test('the page of a token has no violation', async ({ page }) => {
      await signIn(page, 'administrator');
      const token = await newToken(page, { version: 2, developers: 'dev@partner.example', scopes: ['listJobs', 'getJob'] });
      await open(page, paths.token(token.id));
      await examine(page);
      await page.locator('.try-it input').fill('kgt_wrong');
      await page.getByRole('button', { name: words.try_it.send }).click();
      await expect(page.locator('.try-it-answer .badge')).toBeVisible();
      await page.locator('#description').fill('Examined');
      await expect(page.locator('.save-bar')).toHaveClass(/unsaved/);
      await examine(page);
    });

    test('the menu of a token has no violation', async ({ page }) => {
      await signIn(page, 'administrator');
      const token = await newToken(page);
      await open(page, listOf(token.name));
      await openMenu(page, token.name, language);
      await expect(page.getByRole('menuitem').first()).toBeFocused();
      await examine(page);
    });

    test('confirmation dialogs have no violation', async ({ page }) => {
      await signIn(page, 'administrator');
      const token = await newToken(page, { version: 2 });
      await open(page, listOf(token.name));
      for (const item of [words.item.reset, words.item.upgrade_version, words.item.disable, words.item.delete]) {
        await page.setViewportSize(wide);
        const menu = await openMenu(page, token.name, language);
        await menu.getByRole('menuitem', { name: item, exact: true }).click();
        await expect(dialog(page)).toBeVisible();
        await examineDialog(page);
        await page.keyboard.press('Escape');
        await expect(dialog(page)).toBeHidden();
      }
      await open(page, paths.token(token.id));
      await page.getByRole('button', { name: words.form.update, exact: true }).click();
      await expect(dialog(page)).toBeVisible();
      await examineDialog(page);
      await page.keyboard.press('Escape');
      await open(page, paths.tokens);
      await page.getByText(words.access.danger_zone, { exact: true }).click();
      await examine(page, [wide], '.danger-zone');
      await page.getByRole('button', { name: words.access.switch_off }).click();
      await expect(dialog(page)).toBeVisible();
      await examineDialog(page);
    });

    test('the dialog with the secret has no violation', async ({ page }) => {
      await signIn(page, 'administrator');
      const token = await newToken(page);
      await open(page, listOf(token.name));
      const menu = await openMenu(page, token.name, language);
      await menu.getByRole('menuitem', { name: words.item.duplicate }).click();
      await expect(dialog(page)).toBeVisible();
      await examineDialog(page);
      await dialog(page).getByRole('button', { name: words.secret.done }).click();
      await expect(dialog(page).getByText(words.secret.not_copied)).toBeVisible();
      await examineDialog(page);
      await dialog(page).getByText(words.try_it.title, { exact: true }).click();
      await dialog(page).getByRole('button', { name: words.try_it.send }).click();
      await expect(dialog(page).locator('.try-it-answer .badge')).toBeVisible();
      await examineDialog(page);
    });

    test('the palette and the list of keys have no violation', async ({ page }) => {
      await signIn(page, 'administrator');
      const token = await newToken(page);
      await open(page, paths.overview);
      await page.getByRole('button', { name: words.keyboard.open }).click();
      const input = dialog(page).getByRole('combobox', { name: words.keyboard.open });
      await expect(input).toBeFocused();
      await examineDialog(page);
      await input.fill(token.name);
      await expect(dialog(page).getByRole('option')).toContainText([token.name]);
      await examineDialog(page);
      await input.fill(`${token.name} none`);
      await expect(dialog(page).getByRole('option')).toHaveCount(0);
      await examineDialog(page, [wide]);
      await page.keyboard.press('Escape');
      await page.keyboard.press('?');
      await expect(dialog(page)).toHaveAccessibleName(words.keyboard.keys);
      await examineDialog(page);
    });

    test('toasts of success and failure have no violation', async ({ page }) => {
      await signIn(page, 'administrator');
      const token = await newToken(page);
      await open(page, listOf(token.name));
      const pick = async (item: string): Promise<void> => {
        const menu = await openMenu(page, token.name, language);
        await menu.getByRole('menuitem', { name: item, exact: true }).click();
        await dialog(page).getByRole('button', { name: item, exact: true }).click();
      };
      // A toast about a failure stays, so that both are visible together.
      await page.route('**/api/tokens/disable', (route) => route.fulfill({ status: 409, json: { Refused: 'Conflict' } }), { times: 1 });
      await pick(words.item.disable);
      await expect(page.locator('.toast.failed')).toBeVisible();
      await pick(words.item.delete);
      await expect(page.getByRole('button', { name: words.done.undo })).toBeVisible();
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await axe(page, colorScheme, '.toasts');
      }
    });

    test('sheets and the person card on a phone have no violation', async ({ page }) => {
      await page.setViewportSize(phone);
      await signIn(page, 'administrator');
      await open(page, `${paths.tokens}?name=data`);
      const sheets: [string, Locator][] = [
        [words.menu, page.locator('#menu')],
        [words.filter.show, page.locator('#filters')],
      ];
      for (const [name, sheet] of sheets) {
        await page.getByRole('button', { name: new RegExp(`^${name}`) }).click();
        await expect(sheet).toBeVisible();
        await examine(page, [phone]);
        await page.keyboard.press('Escape');
        await expect(sheet).toBeHidden();
      }
      await page.locator('button.person').click();
      await expect(page.locator('#person')).toBeVisible();
      await examine(page);
    });
  });
}
