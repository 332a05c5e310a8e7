// The audit trail: entries, filters, exports, and the history of one token.

import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { axe } from '../support/axe.ts';
import {
  call,
  expect,
  formOf,
  goBack,
  mark,
  newToken,
  open,
  paths,
  sameOrigin,
  signIn,
  stillMarked,
  test,
  unique,
  users,
} from '../support/fixtures.ts';
import { locales, say, wordsOf } from '../support/words.ts';

const trail = '/settings/audit-trail';

function entries(page: Page) {
  return page.locator('.audit-entries > li');
}

/** The query of the page's URL. */
function query(page: Page): Record<string, string> {
  return Object.fromEntries(new URL(page.url()).searchParams);
}

/** The URL of the trail, filtered by this name. */
function trailOf(name: string): string {
  return `${trail}?${new URLSearchParams({ text: name }).toString()}`;
}

for (const language of ['en', 'ja'] as const) {
  const words = wordsOf(language);

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('the trail shows each change of a token with its details', async ({ page }) => {
      await signIn(page, 'administrator');
      const token = await newToken(page, { name: unique('Watched'), version: 2 });
      await call(page, 'tokens/disable', { id: token.id });
      await call(page, 'tokens/upgrade_version', { id: token.id });

      await open(page, paths.settings);
      await page.getByRole('main').getByRole('link', { name: words.settings.audit_trail }).click();
      await expect(page).toHaveURL(trail);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(words.audit.title);
      await mark(page);
      await page.getByRole('searchbox', { name: words.audit.search }).pressSequentially(token.name.toUpperCase());
      await expect(page.locator('.results-head .count')).toHaveText(say(words.audit.many, { count: 3 }));
      await expect(entries(page).locator('strong')).toHaveText([
        words.action.token_version_upgraded,
        words.action.token_disabled,
        words.action.token_created,
      ]);
      const newest = entries(page).first();
      await expect(newest).toContainText(users.administrator);
      await expect(newest).toContainText('127.0.0.1');
      await newest.getByText(words.audit.details).click();
      await expect(newest.locator('dl')).toContainText(words.form.api_version);
      await expect(newest.locator('dd')).toContainText('2 → ');
      await newest.getByRole('link', { name: token.name }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(token.name);
      await stillMarked(page);
    });

    test('the details name operations instead of their ids', async ({ page }) => {
      await signIn(page, 'administrator');
      const token = await newToken(page, { name: unique('Named'), scopes: ['getCompanyInformation'] });
      const settings = { name: token.name, scopes: ['getCompanyInformation', 'replayJob'] };
      const form = { ...(await formOf(page, settings)), id: token.id, revision: String(token.revision) };
      const answer = await page.request.post('/api/tokens/update', { form, headers: sameOrigin });
      expect(answer.status(), await answer.text()).toBe(200);
      await open(page, trailOf(token.name));
      const newest = entries(page).first();
      await newest.getByText(words.audit.details).click();
      const [read, replay] = { en: ['Retrieve company information', 'Replay a job'], ja: ['会社情報を取得', 'ジョブを再実行'] }[language];
      await expect(newest.locator('dd')).toContainText(`${read}${words.separator}${replay}`);
      await expect(newest.locator('dd')).not.toContainText('replayJob');
    });

    test('the hash of the last entry is shown', async ({ page }) => {
      await signIn(page, 'administrator');
      await open(page, trail);
      const end = page.getByRole('region', { name: words.audit.head_title });
      await expect(end.locator('code')).toHaveText(/^[0-9a-f]{64}$/);
      await page.getByRole('searchbox').fill('no entry has this');
      await expect(page.getByRole('heading', { name: words.audit.nothing_title })).toBeVisible();
      await expect(end.locator('code')).toBeVisible();
      await page.setViewportSize({ width: 390, height: 800 });
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(beyond, 'nothing sticks out').toBeLessThanOrEqual(0);
    });

    test('filters combine, and the URL carries them', async ({ page }) => {
      await signIn(page, 'administrator');
      const token = await newToken(page, { name: unique('Filtered') });
      await open(page, trail);
      await mark(page);
      const about = page.getByRole('combobox', { name: words.audit.about });
      await about.selectOption(words.audit.signing_in);
      await expect.poll(() => query(page)).toEqual({ about: 'sign-in' });
      await expect(entries(page).first().locator('strong')).toHaveText(
        new RegExp(`^(${words.action.signed_in}|${words.action.signed_out})$`),
      );
      await page.getByRole('searchbox').fill(token.name);
      await expect(page.getByRole('heading', { name: words.audit.nothing_title })).toBeVisible();
      expect(query(page)).toEqual({ about: 'sign-in', text: token.name });
      await about.selectOption(words.audit.tokens);
      await expect(entries(page)).toHaveCount(1);
      const tomorrow = new Date(Date.now() + 2 * 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
      await page.getByLabel(words.audit.from, { exact: true }).fill(tomorrow);
      await expect(page.getByRole('heading', { name: words.audit.nothing_title })).toBeVisible();
      expect(query(page)).toMatchObject({ about: 'tokens', text: token.name, from: tomorrow });
      await goBack(page);
      await expect(entries(page)).toHaveCount(1);
      await expect(page.getByLabel(words.audit.from, { exact: true })).toHaveValue('');
      await page.getByRole('link', { name: words.filter.clear_all }).click();
      await expect(page).toHaveURL(trail);
      await expect(page.getByRole('searchbox')).toHaveValue('');
      await stillMarked(page);
    });

    test('entries stand under their day, with changes at a glance', async ({ page }) => {
      await signIn(page, 'administrator');
      const token = await newToken(page, { name: unique('Before') });
      const name = unique('After');
      const form = await formOf(page, { name, scopes: ['replayJob', 'listJobs'] });
      const changed = { ...form, id: token.id, revision: String(token.revision) };
      const answer = await page.request.post('/api/tokens/update', { form: changed, headers: sameOrigin });
      expect(answer.status(), await answer.text()).toBe(200);
      await open(page, `${trail}?token=${token.id}`);
      // Midnight may have passed since.
      const day = page.getByRole('main').getByRole('heading', { level: 3 }).first();
      await expect(day).toHaveText(new RegExp(`^(${words.audit.today}|${words.audit.yesterday})$`));
      const { colon } = words.audit;
      const renamed = `${words.detail.name}${colon}${token.name} → ${name}`;
      const glance = entries(page).first().locator('.audit-glance');
      await expect(glance).toHaveText(`${renamed}${words.separator}${words.form.scopes} +2 −1`);
      await expect(entries(page).first().locator('dl'), 'the rest is folded').toBeHidden();
      await expect(entries(page).nth(1).locator('strong')).toHaveText(words.action.token_created);
      await expect(entries(page).nth(1).locator('.audit-glance'), 'all of it is new').toHaveCount(0);
    });

    test('person, action and kind narrow entries and exports', async ({ page, anotherPage }) => {
      await signIn(page, 'administrator');
      const token = await newToken(page);
      const other = await anotherPage();
      await signIn(other, 'specialist');
      await call(other, 'tokens/disable', { id: token.id });
      await call(page, 'tokens/enable', { id: token.id });
      await open(page, `${trail}?token=${token.id}`);
      await mark(page);
      await expect(entries(page)).toHaveCount(3);
      const kinds = page.getByRole('list', { name: words.audit.kinds });
      await kinds.getByRole('link', { name: words.audit.sign_ins }).click();
      await expect(page.getByRole('heading', { name: words.audit.nothing_title })).toBeVisible();
      expect(query(page)).toEqual({ token: token.id, kind: 'sign-ins' });
      await kinds.getByRole('link', { name: words.audit.changes }).click();
      await expect(entries(page)).toHaveCount(3);

      const person = page.getByRole('combobox', { name: words.audit.person });
      await person.selectOption('Daniel Oakley');
      await expect(entries(page)).toHaveCount(1);
      await expect(entries(page)).toContainText(users.specialist);
      const action = page.getByRole('combobox', { name: words.audit.about });
      await action.selectOption(words.action.token_disabled);
      await expect.poll(() => query(page)).toMatchObject({ kind: 'changes', about: 'token_disabled', token: token.id });
      await expect(entries(page)).toHaveCount(1);
      const file = await page.getByRole('link', { name: words.audit.csv }).getAttribute('href');
      const csv = await (await page.request.get(file ?? '')).text();
      expect(csv.trimEnd().split('\r\n'), 'the head and the entry').toHaveLength(2);
      await person.selectOption(words.audit.anyone);
      await action.selectOption(words.action.token_enabled);
      await expect(entries(page)).toContainText(users.administrator);
      await stillMarked(page);
      await open(page, page.url());
      await expect(action, 'the link restores the choice').toHaveValue('token_enabled');
      await expect(kinds.getByRole('link', { name: words.audit.changes })).toHaveAttribute('aria-current', 'true');
    });

    test('a link restores the filters in the rendered page', async ({ page }) => {
      await signIn(page, 'administrator');
      const token = await newToken(page, { name: unique('Linked') });
      const headers = { 'accept-language': language };
      const answer = await page.request.get(`${trailOf(token.name)}&about=tokens`, { headers });
      const text = await answer.text();
      expect(text).toContain(words.action.token_created);
      expect(text).toContain(token.name);
      await open(page, `${trailOf(token.name)}&about=tokens`);
      await expect(page.getByRole('searchbox')).toHaveValue(token.name);
      await expect(page.getByRole('combobox', { name: words.audit.about })).toHaveValue('tokens');
      await expect(entries(page)).toHaveCount(1);
    });

    test('the page of a token shows its history and new changes', async ({ page }) => {
      await signIn(page, 'administrator');
      const token = await newToken(page, { name: unique('History') });
      await open(page, paths.token(token.id));
      const history = page.getByRole('region', { name: words.audit.history });
      await expect(history.locator('li strong')).toHaveText([words.action.token_created]);
      await page.getByRole('button', { name: say(words.card.more_for, { name: token.name }) }).click();
      await page.getByRole('menuitem', { name: words.item.disable }).click();
      await page.getByRole('dialog').getByRole('button', { name: words.item.disable }).click();
      await expect(history.locator('li strong')).toHaveText([words.action.token_disabled, words.action.token_created]);
      await history.getByRole('link', { name: words.audit.history_all }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(words.audit.title);
      await expect(page.getByText(words.audit.one_token)).toBeVisible();
      await expect(entries(page)).toHaveCount(2);
      await page.getByRole('link', { name: words.audit.all_tokens }).click();
      await expect(page).toHaveURL(trail);
    });

    test('the trail has no axe violation and no sideways scrolling', async ({ page }) => {
      test.slow(); // eight pages
      await signIn(page, 'administrator');
      const token = await newToken(page, { name: `${unique('Long')}${'W'.repeat(80)}`, scopes: ['listJobs', 'getJob'] });
      for (const [size, colorScheme] of [
        [{ width: 1440, height: 900 }, 'light'],
        [{ width: 390, height: 844 }, 'dark'],
      ] as const) {
        await page.setViewportSize(size);
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        for (const path of [trail, trailOf(token.name), `${trail}?text=nobody+at+all`, paths.token(token.id)]) {
          await open(page, path);
          await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
          for (const details of (await page.locator('.audit-entries summary').all()).slice(0, 5)) {
            await details.click();
          }
          await axe(page, `${size.width} px, ${colorScheme}`);
          const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          expect.soft(beyond, `${path} at ${size.width} px`).toBeLessThanOrEqual(0);
        }
      }
    });

    for (const user of ['specialist', 'analyst', 'finance', 'marketing'] as const) {
      test(`${user} cannot see the trail`, async ({ page }) => {
        await signIn(page, user);
        await open(page, paths.settings);
        await expect(page.getByRole('link', { name: words.settings.audit_trail })).toHaveCount(0);
        const answer = await page.goto(trail);
        expect(answer?.status()).toBe(403);
        await expect(page.getByRole('heading', { level: 1 })).toHaveText(words.not_allowed);
        for (const file of ['export.csv', 'export.jsonl']) {
          expect((await page.request.get(`${trail}/${file}`)).status()).toBe(403);
        }
        const filter = { text: '', person: null, kind: null, about: null, token: null, from: null, to: null, offset: null, end_offset: null, place: 'first' };
        expect((await call(page, 'audit/trail', { filter })).status()).toBe(403);
      });
    }
  });
}

test('an Implementation Specialist sees histories of tokens only', async ({ page }) => {
  await signIn(page, 'specialist');
  const token = await newToken(page);
  await open(page, paths.token(token.id));
  const history = page.getByRole('region', { name: 'History' });
  await expect(history.locator('li strong')).toHaveText(['Access token created']);
  await expect(history.getByRole('link')).toHaveCount(0);
  await expect(history).not.toContainText('127.0.0.1');
});

test('exports hold the filtered entries and no formula', async ({ page }) => {
  await signIn(page, 'administrator');
  const name = "=cmd|' /C calc'!A0";
  const token = await newToken(page, { name });
  await open(page, `${trail}?token=${token.id}`);
  const save = async (link: string): Promise<[string, string]> => {
    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name: link }).click();
    const download = await downloading;
    return [download.suggestedFilename(), await readFile(await download.path(), 'utf8')];
  };
  const [csvName, csv] = await save('Export as CSV');
  expect(csvName).toMatch(/^audit-trail_\d{4}-\d{2}-\d{2}_\d{4}-\d{2}-\d{2}\.csv$/);
  const lines = csv.trimEnd().split('\r\n');
  expect(lines).toHaveLength(2);
  expect(lines[0]).toBe('\u{feff}Number,Time,User,E-mail,Account SID,Address,Action,Subject,Token Id,Token,Details,Hash,Head');
  expect(lines[1]).toContain(`,token_created,'${name},${token.id},'${name},`);
  expect(lines[1]).not.toMatch(/(^|,)[=+@-]/);
  const [jsonName, json] = await save('Export as JSON Lines');
  expect(jsonName).toMatch(/\.jsonl$/);
  expect(JSON.parse(json)).toMatchObject({ action: 'token_created', user: { email: users.administrator }, details: { name } });
});

test('the trail can be paged from either end', async ({ page }) => {
  await signIn(page, 'administrator');
  // Past days only, as other tests keep adding entries.
  const past = `${trail}?to=${new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10)}&end_offset=0`;
  await open(page, past);
  const shown = page.locator('.results-head .count');
  await expect(shown).toHaveText(/^1–50 of [\d,]+ entries$/);
  await expect(entries(page)).toHaveCount(50);
  const first = await entries(page).allTextContents();
  await page.getByRole('link', { name: 'Next', exact: true }).click();
  await expect(shown).toHaveText(/^(?!1–)[\d,]+–[\d,]+ of [\d,]+ entries$/);
  await expect(page).toHaveURL(/&after=\d+\.\d+$/);
  await page.getByRole('link', { name: 'Previous', exact: true }).click();
  await expect(page).toHaveURL(/\?to=[-\d]+&end_offset=0(&before=\d+\.\d+)?$/);
  await expect(entries(page)).toHaveText(first);
  await page.getByRole('link', { name: 'Last', exact: true }).click();
  await expect(page).toHaveURL(`${past}&before=end`);
  await expect(shown).toHaveText(/^[\d,]+–([\d,]+) of \1 entries$/);
  await expect(entries(page).last()).toContainText('Account added');
  await page.getByRole('link', { name: 'First', exact: true }).click();
  await expect(page).toHaveURL(past);
});

test('without a session, there is neither page nor export', async ({ page }) => {
  await page.goto(trail);
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  expect((await page.request.get(`${trail}/export.csv`)).status()).toBe(401);
});
