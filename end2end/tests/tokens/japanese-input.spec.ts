// The search with Japanese input: text that is still being composed, and names however they are written.

import { randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import { call, card, controlClock, expect, names, newToken, open, paths, signIn, test } from '../support/fixtures.ts';

function searchBox(page: Page) {
  return page.locator('#filters').getByRole('searchbox');
}

test.beforeEach(async ({ page }) => {
  await signIn(page, 'administrator');
});

test('the list waits while an input method composes', async ({ page }) => {
  await controlClock(page);
  await open(page, paths.tokens);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(`${request.url()} ${request.postData() ?? ''}`));
  const search = searchBox(page);
  await search.focus();
  const input = await page.context().newCDPSession(page);
  for (const text of ['ｄ', 'だ', 'だっしゅ', 'だっしゅぼーど']) {
    await input.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
    await expect(search).toHaveValue(text);
    await page.clock.fastForward(1_000);
  }
  // Requests that the page had sent by now would have arrived before this one is answered.
  await page.evaluate(async () => (await fetch('/healthz')).text());
  expect(asked.filter((request) => /[ｄだ]/u.test(decodeURIComponent(request)))).toEqual([]);
  expect(new URL(page.url()).search).toBe('');

  await input.send('Input.insertText', { text: 'ダッシュボード' });
  await expect(search).toHaveValue('ダッシュボード');
  await page.clock.fastForward(1_000);
  await expect(names(page)).toHaveText(['ダッシュボード連携']);
  await expect(search).toBeFocused();
  await expect.poll(() => new URL(page.url()).searchParams.get('name')).toBe('ダッシュボード');
});

test('a name is found however it is written', async ({ page }) => {
  // No other test uses this mark.
  const mark = randomUUID().slice(0, 8);
  const name = `${mark} 受注\u{301c}出荷 カギ束 葛\u{e0100}飾 \u{fa46}`;
  const token = await newToken(page, { name });
  await open(page, paths.tokens);
  const search = searchBox(page);
  for (const part of ['受注\u{ff5e}出荷', '受注\u{301c}出荷 かぎ束', '受注\u{ff5e}出荷 ｶｷﾞ束 葛飾 \u{6e1a}']) {
    await search.fill(`${mark.toUpperCase()}\u{3000}${part}`);
    await expect(names(page)).toHaveText([name]);
    await expect(card(page, name)).toBeVisible();
    await search.fill(`${mark} none`);
    await expect(names(page)).toHaveCount(0);
  }
  await open(page, paths.token(token.id));
  expect(await page.locator('#name').inputValue(), 'as it was typed').toBe(name);
});

test('a pasted Account SID and a contact find their tokens', async ({ page }) => {
  const token = await newToken(page);
  const people = (await (await call(page, 'tokens/people', {})).json()) as { name: string; email: string }[];
  const contact = people[0];
  if (!contact) throw new Error('there is no contact');
  await open(page, paths.tokens);
  const search = searchBox(page);
  const wide = [...token.sid].map((sign) => String.fromCodePoint((sign.codePointAt(0) ?? 0) + 0xfee0)).join('');
  for (const pasted of [token.sid, ` ${token.sid} `, `\u{3000}${wide}`]) {
    await search.fill(pasted);
    await expect(names(page)).toHaveText([token.name]);
    await search.fill(`${token.sid}0`);
    await expect(names(page)).toHaveCount(0);
  }
  // The newest come first.
  for (const found of [contact.name, contact.email]) {
    await search.fill(found);
    await expect(card(page, token.name)).toBeVisible();
    await search.fill(`${found} zz`);
    await expect(names(page)).toHaveCount(0);
  }
});
