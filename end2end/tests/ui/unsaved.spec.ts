// Typed content is not lost: a draft survives a reload, and a page with changes asks before it is left.

import type { Page } from '@playwright/test';
import {
  card,
  closeSecret,
  dialog,
  expect,
  goBack,
  goForward,
  mark,
  newToken,
  open,
  paths,
  running,
  signIn,
  stillMarked,
  test,
  unfold,
  unique,
  update,
} from '../support/fixtures.ts';
import { givePassword, newUser } from '../support/people.ts';
import { languages, locales, say, wordsOf } from '../support/words.ts';

const en = wordsOf('en');
const next = (page: Page) => page.getByRole('button', { name: en.next, exact: true });
const step = (page: Page) => page.locator('.steps [aria-current="step"]');
const stored = (page: Page) => page.evaluate(() => Object.values({ ...sessionStorage }).join());

/** Goes to the overview by the product's name in the bar. */
const toOverview = (page: Page) => page.locator('.brand').click();

test('a reload keeps the draft of a new token', async ({ page }) => {
  await signIn(page, 'administrator');
  // The browser asks before each reload.
  page.on('dialog', (asked) => void asked.accept());
  const name = unique('Draft');
  await open(page, paths.tokens);
  await page.getByRole('link', { name: en.tokens.create }).first().click();
  await page.locator('#name').fill(name);
  await page.locator('#description').fill('Two\nlines & more');
  await page.locator('#expires').selectOption('30');
  await next(page).click();
  await expect(step(page)).toHaveText(en.form.contact);
  await page.locator('#developers').fill('dev@partner.example');
  await expect.poll(() => stored(page)).toContain('partner.example');
  await page.reload();
  await running(page);
  await expect(step(page)).toHaveText(en.form.contact);
  await expect(page.locator('#developers')).toHaveValue('dev@partner.example');
  await next(page).click();
  await page.getByRole('group', { name: 'Jobs' }).getByRole('switch').check();
  await unfold(page);
  await page.locator('input[value="replayJob"]').uncheck();
  await expect.poll(() => stored(page)).toContain('downloadJobResult');
  await page.reload();
  await running(page);
  await expect(step(page)).toHaveText(en.form.scopes);
  await expect(page.locator('input[name="form[scopes][]"]:checked')).toHaveCount(3);
  await expect(page.locator('.scopes-head .count')).toHaveText(say(en.form.chosen_many, { count: 3 }));
  await goBack(page);
  await expect(step(page)).toHaveText(en.form.contact);
  await goBack(page);
  await expect(page.locator('#name')).toHaveValue(name);
  await expect(page.locator('#description')).toHaveValue('Two\nlines & more');
  await expect(page.locator('#expires')).toHaveValue('30');

  await next(page).click();
  await next(page).click();
  await page.getByRole('button', { name: en.form.create, exact: true }).click();
  await closeSecret(page);
  await expect(card(page, name)).toBeVisible();
  expect(await stored(page)).toBe('');
  await page.getByRole('link', { name: en.tokens.create }).first().click();
  await expect(page.locator('#name')).toHaveValue('');
});

test('Back in a new token’s form leads to the step before', async ({ page }) => {
  await signIn(page, 'administrator');
  await open(page, paths.tokens);
  await mark(page);
  await page.getByRole('link', { name: en.tokens.create }).first().click();
  await page.locator('#name').fill('Back and forth');
  await next(page).click();
  await next(page).click();
  await expect(step(page)).toHaveText(en.form.scopes);
  await goBack(page);
  await expect(step(page)).toHaveText(en.form.contact);
  await expect(page.getByRole('heading', { name: en.form.contact, exact: true })).toBeFocused();
  await goForward(page);
  await expect(step(page)).toHaveText(en.form.scopes);
  await goBack(page);
  await expect(step(page)).toHaveText(en.form.contact);
  await goBack(page);
  await expect(step(page)).toHaveText(en.form.setup);
  await expect(page.locator('#name')).toHaveValue('Back and forth');

  // Before the first step comes the list, for which the changes would be given up.
  await goBack(page);
  await expect(dialog(page)).toHaveAccessibleName(en.ask.leave_title);
  await dialog(page).getByRole('button', { name: en.cancel }).click();
  await expect(page).toHaveURL(paths.newToken);
  await expect(page.locator('#name')).toHaveValue('Back and forth');
  await goBack(page);
  await dialog(page).getByRole('button', { name: en.ask.leave }).click();
  await expect(page).toHaveURL(paths.tokens);
  await expect(page.getByRole('article').first()).toBeVisible();
  expect(await stored(page)).toBe('');
  await stillMarked(page);
});

for (const language of languages) {
  const words = wordsOf(language);

  test.describe(`in ${language}`, () => {
    test.use({ locale: locales[language] });

    for (const [what, path, field] of [
      ['a new token', paths.newToken, '#description'],
      ['company information', paths.companyInformation, '#company-Website'],
      ['the security policy', '/settings/security-policy', '#policy-lifetime'],
      ['a profile', '/settings/profile', '#member-name'],
    ] as const) {
      test(`a link out of ${what} asks before changes are lost`, async ({ page }) => {
        const { email } = newUser();
        await givePassword(page, email);
        await open(page, path);
        await mark(page);
        const first = await page.locator(field).inputValue();
        await page.locator(field).fill('30');
        await toOverview(page);
        await expect(dialog(page)).toHaveAccessibleName(words.ask.leave_title);
        await expect(dialog(page)).toContainText(words.ask.leave_text);
        await dialog(page).getByRole('button', { name: words.cancel }).click();
        await expect(dialog(page)).toBeHidden();
        await expect(page).toHaveURL(path);
        await expect(page.locator(field)).toHaveValue('30');
        await toOverview(page);
        await dialog(page).getByRole('button', { name: words.ask.leave }).click();
        await expect(page).toHaveURL(paths.overview);

        // Nothing is asked if nothing is lost.
        await goBack(page);
        await page.locator(field).fill('31');
        await page.locator(field).fill(first);
        await toOverview(page);
        await expect(page).toHaveURL(paths.overview);
        await stillMarked(page);
      });
    }
  });
}

test('a token’s page asks for changes only, not once saved', async ({ page }) => {
  await signIn(page, 'administrator');
  const token = await newToken(page);
  await open(page, paths.token(token.id));
  await page.locator('#developers').fill('a@partner.example,  b@partner.example');
  await unfold(page);
  await page.locator('input[value="listJobs"]').check();
  await page.getByRole('link', { name: en.form.leave }).click();
  await expect(dialog(page)).toHaveAccessibleName(en.ask.leave_title);
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toBeHidden();
  await update(page);
  await expect(page.locator('.toast')).toBeVisible();
  await page.getByRole('link', { name: en.form.leave }).click();
  await expect(page).toHaveURL(paths.tokens);
});

test('closing a tab with changes is asked about', async ({ page }) => {
  await signIn(page, 'administrator');
  const token = await newToken(page);
  await open(page, paths.token(token.id));
  // Browsers ask only once the page was used.
  await page.locator('#description').pressSequentially('Typed');
  const asking = page.waitForEvent('dialog');
  await page.close({ runBeforeUnload: true });
  const asked = await asking;
  expect(asked.type()).toBe('beforeunload');
  await asked.dismiss();
  await expect(page.locator('#description')).toHaveValue('Typed');
});
