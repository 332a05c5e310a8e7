// API access of an agency that has not enabled it yet: enabling and disabling it, on the page and at the gate.

import { axe } from '../support/axe.ts';
import { call, dialog, expect, gate, mark, newToken, open, paths, signIn, stillMarked, test, toast } from '../support/fixtures.ts';
import { locales, say, wordsOf } from '../support/words.ts';

const account = 'Kita Media';

// Only these tests change API access of the second agency; each finds it disabled.
test.beforeEach(async ({ page }) => {
  await signIn(page, 'otherAdministrator');
  expect((await call(page, 'account/disable_api_access', {})).status()).toBe(200);
});

for (const language of ['en', 'ja'] as const) {
  const words = wordsOf(language);
  const enable = { en: 'Enable API access now', ja: 'APIアクセスを有効にする' }[language];

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('API access is enabled, and disabled after confirmation', async ({ page, request }) => {
      await open(page, paths.tokens);
      await mark(page);
      await expect(page.getByRole('heading', { name: words.access.off_title })).toBeVisible();
      await expect(page.getByText(words.access.off_text)).toBeVisible();
      await expect(page.getByRole('link', { name: words.tokens.create })).toHaveCount(0);
      await axe(page, 'off');
      await page.getByRole('button', { name: enable }).click();
      await expect(toast(page, words.access.enabled)).toBeVisible();
      await expect(page.getByRole('link', { name: words.tokens.create }).first()).toBeVisible();
      await stillMarked(page);

      const token = await newToken(page);
      expect(await gate(request, token.sid, token.secret)).toBe(200);
      await open(page, paths.tokens);
      await mark(page);

      const off = page.getByRole('button', { name: words.access.switch_off });
      await expect(off).toBeHidden();
      await page.getByText(words.access.danger_zone, { exact: true }).click();
      await off.click();
      await expect(dialog(page)).toHaveAccessibleName(words.access.switch_off_title);
      await expect(dialog(page)).toContainText(say(words.access.switch_off_text, { account }));
      await dialog(page).getByRole('button', { name: words.cancel }).click();
      await expect(dialog(page)).toBeHidden();
      expect(await gate(request, token.sid, token.secret)).toBe(200);

      await off.click();
      await dialog(page).getByRole('button', { name: words.access.switch_off }).click();
      await expect(page.getByRole('button', { name: enable })).toBeVisible();
      await expect(toast(page, words.access.switched_off)).toBeVisible();
      expect(await gate(request, token.sid, token.secret)).toBe(403);

      await page.getByRole('button', { name: enable }).click();
      await expect(page.getByRole('link', { name: token.name })).toBeVisible();
      expect(await gate(request, token.sid, token.secret)).toBe(200);
      await stillMarked(page);
      await call(page, 'tokens/delete', { id: token.id });
    });

    test('an account without tokens offers to create the first', async ({ page }) => {
      await call(page, 'account/enable_api_access', {});
      await open(page, paths.tokens);
      const empty = page.locator('.empty');
      await expect(empty.getByRole('heading', { name: words.tokens.none_title })).toBeVisible();
      await expect(empty).toContainText(words.tokens.none_text);
      await axe(page, 'no tokens yet');
      await empty.getByRole('link', { name: words.tokens.create }).click();
      await expect(page).toHaveURL(paths.newToken);
    });
  });
}

test('without wasm, a plain form enables API access', async ({ page, anotherPage }) => {
  const plain = await anotherPage({ javaScriptEnabled: false });
  await signIn(plain, 'otherAdministrator');
  await plain.goto(paths.tokens);
  await plain.getByRole('button', { name: 'Enable API access now' }).click();
  await expect(plain.getByRole('heading', { name: 'No access tokens yet' })).toBeVisible();
  expect(await (await call(page, 'account', {})).json()).toMatchObject({ api_access: true });
});

test('without wasm, a failure to enable API access is shown', async ({ anotherPage }) => {
  const plain = await anotherPage({ javaScriptEnabled: false });
  await signIn(plain, 'otherAdministrator');
  // The address to which the server redirects after a plain form has failed.
  const error = Buffer.from(JSON.stringify('Internal')).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  const query = new URLSearchParams({ __path: '/api/account/enable_api_access', __err: error });
  await plain.goto(`${paths.tokens}?${query.toString()}`);
  await expect(plain.getByRole('alert').filter({ hasText: wordsOf('en').error.internal })).toBeVisible();
  await plain.getByRole('button', { name: 'Enable API access now' }).click();
  await expect(plain.getByRole('heading', { name: 'No access tokens yet' })).toBeVisible();
});

test('a token of another account is answered 404, not 403', async ({ page, request, anotherPage }) => {
  await call(page, 'account/enable_api_access', {});
  const token = await newToken(page);
  const stranger = await anotherPage();
  await signIn(stranger, 'administrator');
  const answer = await stranger.goto(paths.token(token.id));
  expect(answer?.status()).toBe(404);
  await expect(stranger.getByRole('heading', { level: 1 })).toHaveText('Access token not found');
  expect(await stranger.content()).not.toContain(token.sid);
  for (const [name, data] of [
    ['get', {}],
    ['duplicate', { request: crypto.randomUUID() }],
    ['reset', { revision: token.revision }],
    ['upgrade_version', {}],
    ['go_back_version', {}],
    ['disable', {}],
    ['enable', {}],
    ['delete', {}],
    ['undo_delete', {}],
  ] as const) {
    expect((await call(stranger, `tokens/${name}`, { id: token.id, ...data })).status(), name).toBe(404);
  }
  expect(await gate(request, token.sid, token.secret)).toBe(200);
  // Nor do its credentials open another account's path.
  const own = await newToken(stranger);
  const authorization = `Basic ${Buffer.from(`${token.sid}:${token.secret}`).toString('base64')}`;
  const crossed = await request.get(`/Agencies/${own.sid}/CompanyInformation`, { headers: { authorization } });
  expect([403, 404]).toContain(crossed.status());
  await call(page, 'tokens/delete', { id: token.id });
});
