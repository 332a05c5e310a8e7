// People who belong to several accounts: the bar shows the current one and switches to the others.

import { randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import { axe } from '../support/axe.ts';
import { call, expect, open, paths, running, signIn, test } from '../support/fixtures.ts';
import { languages, locales, wordsOf } from '../support/words.ts';

const [first, second] = ['Hoshi & Oak Agency', 'Minato Studio'];

const sizes = [
  { name: 'on a desk', size: { width: 1280, height: 800 }, colorScheme: 'light' },
  { name: 'on a phone', size: { width: 390, height: 780 }, colorScheme: 'dark' },
] as const;

function button(page: Page, account: string) {
  return page.getByRole('banner').getByRole('button', { name: account, exact: true });
}

for (const language of languages) {
  const words = wordsOf(language);

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language], reducedMotion: 'reduce' });

    for (const { name, size, colorScheme } of sizes) {
      test(`the account menu switches back and forth ${name}`, async ({ page }) => {
        await page.setViewportSize(size);
        await page.emulateMedia({ colorScheme });
        await signIn(page, 'administrator');
        await open(page, paths.companyInformation);
        const menu = page.getByRole('menu', { name: words.switch_account });
        const others = menu.getByRole('menuitem');
        await expect(menu).toBeHidden();
        await expect(button(page, first)).toHaveAttribute('aria-expanded', 'false');

        await button(page, first).click();
        await expect(button(page, first)).toHaveAttribute('aria-expanded', 'true');
        await expect(others).toHaveText([new RegExp(`^${second}.*${words.role.implementation_specialist}`)]);
        await expect(others.first()).toBeFocused();
        await expect(menu).toBeInViewport({ ratio: 1 });
        await axe(page, name);
        await page.keyboard.press('Escape');
        await expect(menu).toBeHidden();
        await expect(button(page, first)).toBeFocused();

        await page.keyboard.press('ArrowUp');
        await expect(others.last()).toBeFocused();
        await page.keyboard.press('Tab');
        await expect(menu).toBeHidden();
        await button(page, first).focus();
        await page.keyboard.press('ArrowDown');
        await expect(others.first()).toBeFocused();
        await page.keyboard.press('Enter');
        await expect(button(page, second)).toBeVisible();
        await expect(page).toHaveURL(paths.overview);
        await running(page);
        expect(await (await call(page, 'account', {})).json()).toMatchObject({ name: second });

        await button(page, second).click();
        await others.filter({ hasText: first }).click();
        await expect(button(page, first)).toBeVisible();
      });
    }
  });
}

test('a member of one account sees its name and no menu', async ({ page }) => {
  await signIn(page, 'analyst');
  await open(page, paths.settings);
  await expect(page.getByRole('banner').getByText(first).first()).toBeVisible();
  await expect(button(page, first)).toHaveCount(0);
});

test.describe('without wasm', () => {
  test.use({ javaScriptEnabled: false });

  test('the account menu switches accounts', async ({ page }) => {
    await signIn(page, 'administrator');
    await page.goto(paths.settings);
    await button(page, first).click();
    await page.getByRole('menuitem', { name: second }).click();
    await expect(page).toHaveURL(paths.overview);
    await expect(button(page, second)).toBeVisible();
  });

  test('switching to a former account shows an error', async ({ page, anotherPage }) => {
    const email = `guest.${randomUUID()}@agency.example`;
    const password = 'a password of one’s own';
    const headers = { 'sec-fetch-site': 'same-origin' };
    /** Has the administrator invite the person, who accepts. */
    const join = async (by: Page, guest: Page): Promise<void> => {
      const form = { 'form[email]': email, 'form[role]': 'analyst' };
      const invited = await by.request.post('/api/users/invite', { form, headers });
      const { token } = (await invited.json()) as { token: string };
      const accepted = { token, 'form[name]': 'Guest', 'form[password]': password };
      const answer = await guest.request.post('/api/invitations/accept', { form: accepted, headers });
      expect(answer.status(), await answer.text()).toBe(200);
    };
    const [oak, kita] = [await anotherPage(), await anotherPage()];
    await signIn(oak, 'administrator');
    await signIn(kita, 'otherAdministrator');
    await join(oak, page);
    await join(kita, page);
    await page.goto(paths.settings);
    await button(page, 'Kita Media').click();
    const { members } = (await (await call(oak, 'users/list', {})).json()) as { members: { id: string; email: string }[] };
    const id = members.find((member) => member.email === email)?.id;
    expect((await call(oak, 'users/deactivate', { id })).status()).toBe(200);
    await page.getByRole('menuitem', { name: first }).click();
    await expect(page.getByText(wordsOf('en').error.no_such_account)).toBeVisible();
    await expect(page.getByRole('banner').getByText('Kita Media').first()).toBeVisible();
  });
});
