// Preferences that follow a person to every browser: language and time zone.

import type { Page } from '@playwright/test';
import { axe } from '../support/axe.ts';
import { expect, open, paths, running, sameOrigin, test } from '../support/fixtures.ts';
import { givePassword, newUser } from '../support/people.ts';
import { languages, locales, wordsOf } from '../support/words.ts';

const profile = '/settings/profile';
const trail = '/settings/audit-trail';

/** Signs in a user of a new account. Returns the e-mail address. */
async function somebody(page: Page): Promise<string> {
  const { email } = newUser();
  await givePassword(page, email);
  return email;
}

/** The first time on the page; its title is the full form with the offset. */
function offset(page: Page) {
  return page.locator('#content time').first();
}

for (const language of languages) {
  const words = wordsOf(language);

  test.describe(`in ${language}`, () => {
    test.use({ locale: locales[language], timezoneId: 'America/New_York' });

    test('times follow the chosen time zone or else the browser’s', async ({ page, anotherPage }) => {
      const email = await somebody(page);
      await open(page, trail);
      await expect(offset(page)).toHaveAttribute('title', / -0[45]:00$/);

      await open(page, profile);
      const zone = page.getByRole('combobox', { name: words.profile.time_zone });
      await expect(zone).toHaveValue('');
      await axe(page, 'as it is now');
      await zone.selectOption('Asia/Tokyo');
      await page.getByRole('button', { name: words.profile.save_preferences }).click();
      await expect(zone.locator('option').nth(1)).toHaveText('Asia/Tokyo');
      await running(page);
      await expect(zone).toHaveValue('Asia/Tokyo');

      await open(page, trail);
      await expect(offset(page)).toHaveAttribute('title', / \+09:00$/);
      const shown = await offset(page).textContent();
      // The server renders the same, in every browser and without wasm.
      const plain = await anotherPage({ javaScriptEnabled: false });
      await givePassword(plain, email);
      await plain.goto(trail);
      const same = plain.locator(`#content time[datetime="${await offset(page).getAttribute('datetime')}"]`);
      await expect(same).toHaveAttribute('title', / \+09:00$/);
      await expect(same).toHaveText(shown ?? '');

      await open(page, profile);
      await zone.selectOption({ label: words.profile.automatic });
      const loaded = page.waitForEvent('load');
      await page.getByRole('button', { name: words.profile.save_preferences }).click();
      await loaded;
      await expect(zone.locator('option[value="Asia/Tokyo"]')).toHaveCount(1);
      await open(page, trail);
      await expect(offset(page)).toHaveAttribute('title', / -0[45]:00$/);
    });
  });
}

test.describe('in a browser set to English', () => {
  test.use({ locale: 'en-US' });

  test('the chosen language follows to another browser', async ({ page, anotherPage }) => {
    const email = await somebody(page);
    await open(page, profile);
    await page.getByRole('combobox', { name: wordsOf('en').language }).selectOption('ja');
    await page.getByRole('button', { name: wordsOf('en').profile.save_preferences }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(wordsOf('ja').profile.title);

    const other = await anotherPage();
    await other.goto(paths.signIn);
    await expect(other.locator('html')).toHaveAttribute('lang', 'en');
    await givePassword(other, email);
    await open(other, paths.settings);
    await expect(other.locator('html')).toHaveAttribute('lang', 'ja');
    await other.getByRole('button', { name: 'English' }).click();
    await other.reload();
    await expect(other.locator('html')).toHaveAttribute('lang', 'en');
  });
});

test('without wasm, preferences are saved and validated', async ({ page, anotherPage }) => {
  const email = await somebody(page);
  const plain = await anotherPage({ javaScriptEnabled: false });
  await givePassword(plain, email);
  await plain.goto(profile);
  await plain.getByRole('combobox', { name: wordsOf('en').language }).selectOption('ja');
  await plain.getByLabel(wordsOf('en').profile.theme_dark).check();
  await plain.getByRole('button', { name: wordsOf('en').profile.save_preferences }).click();
  await expect(plain.getByRole('heading', { level: 1 })).toHaveText(wordsOf('ja').profile.title);
  await expect(plain.locator('p.note[role="status"]')).toHaveText(wordsOf('ja').profile.saved);
  await expect(plain.locator('html')).toHaveAttribute('data-theme', 'dark');
  const right = { name: 'Mio', language: '', time_zone: '', theme: '' };
  for (const [wrong, status] of [
    [{}, 200],
    [{ time_zone: 'Mars/Olympus' }, 422],
    [{ theme: 'purple' }, 422],
    [{ name: '   ' }, 422],
  ] as const) {
    const form = { ...right, ...wrong };
    const answer = await page.request.post('/api/profile/update', { form, headers: sameOrigin });
    expect(answer.status(), JSON.stringify(wrong)).toBe(status);
  }
});
