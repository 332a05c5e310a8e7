// The list on tablets and phones, and long names.

import { card, expect, listOf, names, newToken, open, paths, signIn, test, unique } from '../support/fixtures.ts';
import { languages, locales, wordsOf } from '../support/words.ts';

test.beforeEach(async ({ page }) => {
  await signIn(page, 'administrator');
});

for (const language of languages) {
  const words = wordsOf(language);

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('the search stays visible at 820 px', async ({ page }) => {
      await page.setViewportSize({ width: 820, height: 1180 });
      await open(page, paths.tokens);
      const search = page.getByRole('searchbox', { name: words.filter.name });
      const disabled = page.getByRole('radio', { name: words.state.disabled });
      await search.fill('tax');
      await expect(names(page)).toHaveText(['Tax export 2025']);
      await expect(disabled).toBeHidden();
      const [box, button] = [await search.boundingBox(), page.getByRole('button', { name: words.filter.show })];
      expect(Math.abs((box?.y ?? 0) - ((await button.boundingBox())?.y ?? 0)), 'both are in one row').toBeLessThan(12);
      await button.click();
      await disabled.check();
      await expect(search).toHaveValue('tax');
      await page.keyboard.press('Escape');
      await expect(disabled).toBeHidden();
      await expect(search).toHaveValue('tax');
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(beyond, 'nothing sticks out').toBeLessThanOrEqual(0);
    });

    test('a phone shows the first card above the fold', async ({ page }) => {
      // The part of a phone's screen that the browser leaves.
      await page.setViewportSize({ width: 390, height: 664 });
      await open(page, paths.tokens);
      const head = page.locator('.card').first().getByRole('heading');
      await expect(head).toBeInViewport({ ratio: 1 });
    });

    test('a laptop shows six whole cards', async ({ page }) => {
      const name = unique('Dense');
      for (let number = 1; number <= 6; number += 1) {
        await newToken(page, { name: `${name} ${String(number)}`, description: 'Reads reports. '.repeat(10) });
      }
      await page.setViewportSize({ width: 1440, height: 900 });
      await open(page, listOf(name));
      await expect(page.locator('.card')).toHaveCount(6);
      for (const card of await page.locator('.card').all()) {
        await expect(card).toBeInViewport({ ratio: 1 });
      }
    });
  });
}

test('a name of 100 characters takes two lines, and is whole', async ({ page }) => {
  const start = unique('Long');
  const name = `${start} ${'many words '.repeat(20)}`.slice(0, 100).trim();
  const token = await newToken(page, { name });
  for (const [path, title] of [
    [listOf(start), page.locator('.card-link')],
    [paths.token(token.id), page.getByRole('heading', { level: 1 })],
  ] as const) {
    await page.setViewportSize({ width: 390, height: 844 });
    await open(page, path);
    await expect(title).toHaveText(name);
    await expect(title).toHaveAttribute('title', name);
    const lines = await title.evaluate((title) => {
      const { height } = title.getBoundingClientRect();
      return { shown: height / parseFloat(getComputedStyle(title).lineHeight), cut: title.scrollHeight > title.clientHeight };
    });
    expect(lines.shown).toBeLessThan(2.2);
    expect(lines.cut, 'there is more of it').toBe(true);
  }
});

test('a card says nothing about what is as usual', async ({ page }) => {
  const words = wordsOf('en').card;
  const [plain, old] = [await newToken(page), await newToken(page, { version: 2, description: 'Nightly' })];
  await open(page, listOf(plain.name));
  await expect(card(page, plain.name).locator('.card-description')).toHaveCount(0);
  await expect(card(page, plain.name).getByText(words.api_version)).toHaveCount(0);
  await open(page, listOf(old.name));
  await expect(card(page, old.name).locator('.card-description')).toHaveText('Nightly');
  await expect(card(page, old.name).getByText(words.api_version)).toBeVisible();
});
