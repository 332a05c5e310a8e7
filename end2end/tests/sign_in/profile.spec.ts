// The signed-in person's profile: name, theme, password, sessions and accounts; and step-up before sensitive changes.

import { randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import { axe } from '../support/axe.ts';
import { call, closeSecret, dialog, expect, gate, listOf, newToken, open, openMenu, paths, sameOrigin, signIn, test, toast } from '../support/fixtures.ts';
import { age, newUser, ownPassword } from '../support/people.ts';
import { languages, locales, say, wordsOf } from '../support/words.ts';

const second = 'another one, and longer';
const profile = '/settings/profile';

/** Returns the buttons that end another session. */
function endButtons(page: Page, name: string) {
  return page.getByRole('listitem').getByRole('button', { name, exact: true });
}

async function signInAs(page: Page, email: string, password = ownPassword): Promise<number> {
  const answer = await page.request.post('/api/session/sign_in', { form: { email, password }, headers: sameOrigin });
  return answer.status();
}

for (const language of languages) {
  const words = wordsOf(language);

  test.describe(`in ${language}`, () => {
    test.use({ locale: locales[language] });

    test('a reset long after signing in asks for the password', async ({ page }) => {
      const { email } = newUser();
      expect(await signInAs(page, email)).toBe(200);
      expect((await call(page, 'account/enable_api_access', {})).status()).toBe(200);
      const token = await newToken(page);
      age(email);
      expect((await call(page, 'tokens/reset', { id: token.id, revision: token.revision })).status()).toBe(401);
      expect((await call(page, 'tokens/delete', { id: token.id })).status()).toBe(401);
      expect(await gate(page.request, token.sid, token.secret), 'nothing was reset').toBe(200);

      await open(page, listOf(token.name));
      await openMenu(page, token.name, language);
      await page.getByRole('menuitem', { name: words.item.reset, exact: true }).click();
      await dialog(page).getByRole('button', { name: words.item.reset, exact: true }).click();
      const window = page.getByRole('dialog', { name: words.step_up.title });
      await expect(window).toBeVisible();
      await axe(page, 'as it is now');
      await window.getByLabel(words.sign_in.password).fill('not my password');
      await window.getByRole('button', { name: words.step_up.submit }).click();
      await expect(window.getByRole('alert')).toContainText(words.error.wrong_password);
      await window.getByLabel(words.sign_in.password).fill(ownPassword);
      await page.keyboard.press('Enter');
      await expect(page.getByRole('dialog', { name: words.secret.reset_title })).toBeVisible();
      expect(await gate(page.request, token.sid, token.secret)).toBe(401);

      // Step-up stays valid for some minutes.
      await closeSecret(page, language);
      await openMenu(page, token.name, language);
      await page.getByRole('menuitem', { name: words.item.delete, exact: true }).click();
      await dialog(page).getByRole('button', { name: words.item.delete, exact: true }).click();
      await expect(toast(page, say(words.done.deleted, { name: token.name }))).toBeVisible();
    });

    test('a password change ends all other sessions', async ({ page, anotherPage }) => {
      const { email } = newUser();
      expect(await signInAs(page, email)).toBe(200);
      const elsewhere = await anotherPage();
      expect(await signInAs(elsewhere, email)).toBe(200);

      await open(page, profile);
      await expect(endButtons(page, words.profile.end)).toBeVisible();
      await axe(page, 'as it is now');
      await page.getByLabel(words.profile.old).fill('not my password');
      await page.getByLabel(words.profile.new).fill(second);
      await page.getByRole('button', { name: words.profile.change }).click();
      await expect(page.getByText(words.error.wrong_password)).toBeVisible();
      await page.getByLabel(words.profile.old).fill(ownPassword);
      await page.getByLabel(words.profile.new).fill('short');
      await page.getByRole('button', { name: words.profile.change }).click();
      await expect(page.getByText(say(words.problem.too_short, { min: 12 }))).toBeVisible();
      await page.getByLabel(words.profile.new).fill(second);
      await page.getByRole('button', { name: words.profile.change }).click();
      await expect(toast(page, words.profile.changed)).toBeVisible();
      await expect(page.getByLabel(words.profile.old)).toHaveValue('');
      await expect(endButtons(page, words.profile.end), 'the other one is gone').toBeHidden();

      expect((await call(elsewhere, 'profile/sessions', {})).status()).toBe(401);
      expect(await signInAs(elsewhere, email)).toBe(401);
      expect(await signInAs(elsewhere, email, second)).toBe(200);
      await page.reload();
      await expect(page.getByRole('heading', { level: 1, name: words.profile.title })).toBeVisible();
    });

    test('sessions are told apart by browser, address and time', async ({ page, anotherPage }) => {
      const { email } = newUser();
      expect(await signInAs(page, email)).toBe(200);
      const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';
      expect(await signInAs(await anotherPage({ userAgent: firefox }), email)).toBe(200);
      await open(page, profile);
      const sessions = page.getByRole('region', { name: words.profile.sessions }).locator('.rows > li');
      await expect(sessions).toHaveCount(2);
      const other = sessions.filter({ hasText: 'Firefox 140, Windows' });
      await expect(other).toContainText('127.0.0.1');
      await expect(other).toContainText(/\d\d:\d\d:\d\d/);
      await expect(sessions.filter({ hasText: words.profile.current })).toContainText(/Chrome \d+, /);
      await expect(sessions.first()).toContainText(words.profile.current);
      await expect(endButtons(page, words.profile.end)).toHaveAccessibleDescription(/Firefox 140, Windows.*127\.0\.0\.1/);
    });

    test('other sessions can be ended one by one or all at once', async ({ page, anotherPage }) => {
      const { email } = newUser();
      expect(await signInAs(page, email)).toBe(200);
      const [one, two] = [await anotherPage(), await anotherPage()];
      expect(await signInAs(one, email)).toBe(200);
      await open(page, profile);
      await endButtons(page, words.profile.end).click();
      await expect(toast(page, words.profile.ended)).toBeVisible();
      await expect(endButtons(page, words.profile.end)).toBeHidden();
      expect((await call(one, 'profile/sessions', {})).status()).toBe(401);

      expect(await signInAs(one, email)).toBe(200);
      expect(await signInAs(two, email)).toBe(200);
      await page.reload();
      await expect(endButtons(page, words.profile.end)).toHaveCount(2);
      await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
      await page.getByRole('button', { name: words.profile.everywhere }).click();
      await expect(toast(page, words.profile.ended_all)).toBeVisible();
      for (const other of [one, two]) {
        expect((await call(other, 'profile/sessions', {})).status()).toBe(401);
      }
      expect((await call(page, 'profile/sessions', {})).status()).toBe(200);
    });
  });
}

test('changes to members need a recent password', async ({ page }) => {
  const words = wordsOf('en');
  const { email, account } = newUser();
  const { email: other } = newUser({ name: 'Another Administrator', account });
  expect(await signInAs(page, email)).toBe(200);
  age(email);
  await open(page, paths.accountUsers);
  const row = page.getByRole('row').filter({ hasText: other });
  const menu = await openMenu(page, 'Another Administrator');
  await menu.getByRole('menuitem', { name: words.users.deactivate, exact: true }).click();
  await dialog(page).getByRole('button', { name: words.users.deactivate, exact: true }).click();
  const window = page.getByRole('dialog', { name: words.step_up.title });
  await window.getByLabel(words.sign_in.password).fill(ownPassword);
  await page.keyboard.press('Enter');
  await expect(row).toContainText(words.users.deactivated);

  age(email);
  await page.getByRole('button', { name: words.users.invite }).click();
  const invitee = `guest.${randomUUID()}@agency.example`;
  await dialog(page).getByLabel(words.sign_in.email).fill(invitee);
  await dialog(page).getByRole('combobox').selectOption('analyst');
  await dialog(page).getByRole('button', { name: words.invitation.create }).click();
  await window.getByLabel(words.sign_in.password).fill(ownPassword);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog').filter({ hasText: invitee })).toBeVisible();
  await expect(page.getByRole('dialog').locator('code.secret')).toContainText('/invitations/');
});

test('a new name is shown at once, a blank one is refused', async ({ page }) => {
  const words = wordsOf('en');
  expect(await signInAs(page, newUser().email)).toBe(200);
  await open(page, profile);
  await page.getByRole('textbox', { name: words.profile.name, exact: true }).fill('   ');
  await page.getByRole('button', { name: words.profile.save_preferences }).click();
  await expect(page.getByText(words.problem.required)).toBeVisible();
  await page.getByRole('textbox', { name: words.profile.name, exact: true }).fill('美波 そら');
  await page.getByRole('button', { name: words.profile.save_preferences }).click();
  await expect(page.locator('.person-name')).toHaveText('美波 そら');
});

test('the theme is saved and rendered with the page', async ({ page }) => {
  const words = wordsOf('en');
  await signIn(page, 'analyst');
  await open(page, profile);
  await expect(page.getByLabel(words.profile.theme_system)).toBeChecked();
  await page.getByLabel(words.profile.theme_dark).check();
  await expect(page.locator('html')).toHaveCSS('color-scheme', 'dark');
  const save = page.getByRole('button', { name: words.profile.save_preferences });
  await save.click();
  await expect(page.getByText(words.profile.saved)).toBeVisible();
  await page.goto(paths.settings);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await open(page, profile);
  await expect(page.getByLabel(words.profile.theme_dark)).toBeChecked();
  await axe(page, 'as it is now');

  // A theme that is not saved goes with the page.
  await page.getByLabel(words.profile.theme_light).check();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await page.locator('.brand').click();
  await dialog(page).getByRole('button', { name: words.ask.leave }).click();
  await expect(page).not.toHaveURL(profile);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');

  await open(page, profile);
  await page.getByLabel(words.profile.theme_system).check();
  await save.click();
  await expect(page.getByText(words.profile.saved)).toBeVisible();
  await expect(page.locator('html')).not.toHaveAttribute('data-theme');
});

test('one Save saves name, language, time zone and theme', async ({ page }) => {
  const [en, ja] = [wordsOf('en'), wordsOf('ja')];
  expect(await signInAs(page, newUser().email)).toBe(200);
  await open(page, profile);
  await page.getByRole('textbox', { name: en.profile.name, exact: true }).fill('美波 そら');
  await page.getByRole('combobox', { name: en.language }).selectOption('ja');
  await page.getByRole('combobox', { name: en.profile.time_zone }).selectOption('Asia/Tokyo');
  await page.getByLabel(en.profile.theme_dark).check();
  await page.getByRole('button', { name: en.profile.save_preferences }).click();
  await expect(page.getByText(ja.profile.saved)).toBeVisible();
  await expect(page.locator('.person-name')).toHaveText('美波 そら');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(page.getByRole('combobox', { name: ja.profile.time_zone })).toHaveValue('Asia/Tokyo');
  await open(page, '/settings/audit-trail');
  const entry = page.locator('.audit-entries > li').filter({ hasText: ja.action.profile_updated });
  await expect(entry, 'one change, one entry').toHaveCount(1);
  await expect(entry).toContainText('美波 そら');
  await expect(entry).toContainText('Asia/Tokyo');
});

test('sessions and accounts of other people are out of reach', async ({ page, anotherPage }) => {
  expect(await signInAs(page, newUser().email)).toBe(200);
  const other = await anotherPage();
  await signIn(other, 'analyst');
  const [session] = (await (await call(other, 'profile/sessions', {})).json()) as { id: string }[];
  expect((await call(page, 'profile/end_session', { id: session?.id })).status()).toBe(404);
  const [account] = (await (await call(other, 'profile/accounts', {})).json()) as { id: string }[];
  const form = { account: account?.id ?? '' };
  const answer = await page.request.post('/api/profile/switch_account', { form, headers: sameOrigin });
  expect(answer.status()).toBe(404);
  expect((await call(other, 'profile/sessions', {})).status()).toBe(200);
});
