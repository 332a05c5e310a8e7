// Live pages: what one person changes, another sees without loading the page again.

import { call, card, create, expect, listOf, mark, newToken, open, paths, signIn, stillMarked, test, toast, unique } from './fixtures.ts';
import { languages, locales, say, wordsOf } from './words.ts';

const specialist = 'Daniel Oakley';

for (const language of languages) {
  const words = wordsOf(language);

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('a card shows what somebody else does to it, and who', async ({ page, anotherPage }) => {
      await signIn(page, 'administrator');
      const other = await anotherPage();
      await signIn(other, 'specialist');
      const name = unique('Live');
      const token = await newToken(page, { name });
      await open(page, listOf(name));
      await mark(page);

      await call(other, 'tokens/disable', { id: token.id });
      await expect(card(page, name).getByText(words.state.disabled)).toBeVisible();
      await expect(card(page, name).locator('.card-touched')).toHaveText(say(words.live.changed, { by: specialist }));

      const second = unique(name);
      await create(other, { name: second });
      await expect(card(page, second).locator('.card-touched')).toHaveText(say(words.live.created, { by: specialist }));
      await call(other, 'tokens/delete', { id: token.id });
      await expect(card(page, name)).toHaveCount(0);
      await expect(toast(page, say(words.live.deleted, { by: specialist, name }))).toBeVisible();
      await stillMarked(page);
    });
  });
}

test('what one changes oneself in another window arrives, and says nothing of who', async ({ page, context }) => {
  await signIn(page, 'administrator');
  const name = unique('Live');
  const token = await newToken(page, { name });
  await open(page, listOf(name));
  const window = await context.newPage();
  await call(window, 'tokens/disable', { id: token.id });
  await expect(card(page, name)).toHaveClass(/disabled/);
  await expect(card(page, name).locator('.card-touched')).toHaveCount(0);
});

test('a connection that was lost is made again, and nothing was missed', async ({ page, anotherPage }) => {
  await signIn(page, 'administrator');
  const other = await anotherPage();
  await signIn(other, 'specialist');
  const name = unique('Live');
  const token = await newToken(page, { name });
  let refused = 0;
  await page.route('**/live?*', (route) => {
    refused += 1;
    return route.fulfill({ status: 429 });
  });
  await open(page, listOf(name));
  await call(other, 'tokens/disable', { id: token.id });
  await expect.poll(() => refused).toBeGreaterThan(1);
  await expect(card(page, name)).not.toHaveClass(/disabled/);
  await page.unroute('**/live?*');
  await expect(card(page, name)).toHaveClass(/disabled/);
});

test('who is signed out elsewhere is asked to sign in', async ({ page }) => {
  await signIn(page, 'specialist');
  const listening = page.waitForResponse((answer) => answer.url().includes('/live?'));
  await open(page, paths.tokens);
  expect((await listening).headers()['content-type']).toBe('text/event-stream');
  await page.request.post('/api/session/sign_out', { headers: { 'sec-fetch-site': 'same-origin' } });
  await expect(page).toHaveURL(/sign-in/);
});
