// The token list: filters as one types, their combination and URL, order, and pages.

import type { Page } from '@playwright/test';
import {
  call,
  expect,
  goBack,
  goForward,
  listOf,
  mark,
  namedLike,
  names,
  newToken,
  open,
  paths,
  running,
  signIn,
  stillMarked,
  test,
  unique,
} from '../support/fixtures.ts';
import { locales, wordsOf } from '../support/words.ts';

/** The platform's own terms. */
const terms = {
  en: {
    filters: 'Filters',
    name: 'Search by name',
    created: 'Created on',
    last7: 'Last 7 days',
    last30: 'Last 30 days',
    more30: 'More than 30 days',
    state: 'State',
    enabled: 'Enabled',
    disabled: 'Disabled',
    clearAll: 'Clear all',
    one: '1 access token',
    two: '2 access tokens',
    nothing: 'No matching tokens',
  },
  ja: {
    filters: 'フィルター',
    name: '名前で検索',
    created: '作成日',
    last7: '過去7日間',
    last30: '過去30日間',
    more30: '30日以上',
    state: '状態',
    enabled: '有効',
    disabled: '無効',
    clearAll: 'すべてクリア',
    one: 'アクセストークン 1件',
    two: 'アクセストークン 2件',
    nothing: '一致するトークンがありません',
  },
} as const;

function sidebar(page: Page) {
  return page.locator('#filters');
}

/** The query of the page's URL. */
function query(page: Page): Record<string, string> {
  return Object.fromEntries(new URL(page.url()).searchParams);
}

test.beforeEach(async ({ page }) => {
  await signIn(page, 'administrator');
});

for (const language of ['en', 'ja'] as const) {
  const say = terms[language];

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('the search filters by name during typing', async ({ page }) => {
      await open(page, paths.tokens);
      await mark(page);
      const search = sidebar(page).getByRole('searchbox', { name: say.name });
      await search.pressSequentially('warehouse');
      await expect(names(page)).toHaveText(['BI warehouse sync (EU)']);
      await expect(page.locator('.results .count')).toHaveText(say.one);
      await expect.poll(() => query(page)).toEqual({ name: 'warehouse' });
      await search.fill('ダッシュボード');
      await expect(names(page)).toHaveText(['ダッシュボード連携']);
      await expect(search).toBeFocused();
      await stillMarked(page);
    });

    test('the search ignores case and width, and takes signs literally', async ({ page }) => {
      await open(page, paths.tokens);
      const search = sidebar(page).getByRole('searchbox', { name: say.name });
      await search.fill('ＢＩ ＷＡＲＥ');
      await expect(names(page)).toHaveText(['BI warehouse sync (EU)']);
      for (const literal of ['%', '_%', "' OR 1=1", '<script>alert(1)</script>', '😀']) {
        await search.fill(`${literal} zz`);
        await expect(page.getByRole('heading', { name: say.nothing })).toBeVisible();
        await expect.poll(() => query(page)).toEqual({ name: `${literal} zz` });
      }
    });

    test('the creation filter shows matching tokens only', async ({ page }) => {
      await open(page, `${paths.tokens}?sort=name`);
      await mark(page);
      const created = sidebar(page).getByRole('group', { name: say.created });
      await expect(created).toHaveAccessibleDescription(wordsOf(language).filter.exactly_30_days);
      const search = sidebar(page).getByRole('searchbox', { name: say.name });
      await search.fill('compliance');
      await expect(names(page)).toHaveText(['Compliance archive', 'Compliance screening']);
      await created.getByRole('radio', { name: say.last7 }).check();
      await expect(names(page)).toHaveText(['Compliance screening']);
      expect(query(page)).toMatchObject({ created: 'last-7-days' });
      await created.getByRole('radio', { name: say.more30 }).check();
      await expect(names(page)).toHaveText(['Compliance archive']);
      expect(query(page)).toMatchObject({ created: 'more-than-30-days' });
      await search.fill('monitor');
      await expect(names(page)).toHaveText(['Job monitor']);
      await created.getByRole('radio', { name: say.last30 }).check();
      await expect(names(page)).toHaveText(['Hourly spend monitor']);
      expect(query(page)).toEqual({ name: 'monitor', created: 'last-30-days', sort: 'name' });
      await stillMarked(page);
    });

    test('the state filter shows matching tokens only', async ({ page }) => {
      await open(page, `${paths.tokens}?name=data&sort=name`);
      await mark(page);
      const state = sidebar(page).getByRole('group', { name: say.state });
      await expect(names(page)).toHaveText(['Data lake backfill', 'Data science notebook']);
      await expect(page.locator('.results .count')).toHaveText(say.two);
      await state.getByRole('radio', { name: say.disabled }).check();
      await expect(names(page)).toHaveText(['Data lake backfill']);
      await expect(page.locator('.card .badge')).toHaveText([say.disabled]);
      expect(query(page)).toMatchObject({ state: 'disabled' });
      await state.getByRole('radio', { name: say.enabled }).check();
      await expect(names(page)).toHaveText(['Data science notebook']);
      await expect(page.locator('.card .badge')).toHaveText([say.enabled]);
      await stillMarked(page);
    });

    test('filters combine, and Clear all keeps only the order', async ({ page }) => {
      await open(page, `${paths.tokens}?sort=name`);
      await mark(page);
      await expect(sidebar(page).getByRole('heading', { name: say.filters })).toBeVisible();
      await sidebar(page).getByRole('radio', { name: say.more30 }).check();
      await sidebar(page).getByRole('radio', { name: say.disabled }).check();
      await sidebar(page).getByRole('searchbox', { name: say.name }).fill('tax');
      await expect(names(page)).toHaveText(['Tax export 2025']);
      expect(query(page)).toEqual({ name: 'tax', created: 'more-than-30-days', state: 'disabled', sort: 'name' });

      await sidebar(page).getByRole('link', { name: say.clearAll }).click();
      await expect.poll(() => query(page)).toEqual({ sort: 'name' });
      await expect(sidebar(page).getByRole('searchbox')).toHaveValue('');
      await expect(sidebar(page).locator('input[value=""]:checked')).toHaveCount(3);
      await expect(names(page)).toHaveCount(24);
      await stillMarked(page);
    });

    test('an empty result is explained and offers Clear all', async ({ page }) => {
      await open(page, `${paths.tokens}?name=no+such+name&state=enabled`);
      const empty = page.locator('.results .empty');
      await expect(empty.getByRole('heading', { name: say.nothing })).toBeVisible();
      await expect(names(page)).toHaveCount(0);
      await empty.getByRole('link', { name: say.clearAll }).click();
      await expect(names(page)).toHaveCount(24);
      await expect(page).toHaveURL(paths.tokens);
      await expect(sidebar(page).getByRole('searchbox')).toHaveValue('');
    });
  });
}

test('a reload and a copied link keep filters and order', async ({ page, anotherPage }) => {
  const link = `${paths.tokens}?name=data&created=more-than-30-days&state=disabled&sort=last-used`;
  await open(page, link);
  const shown = async (at: Page) => {
    await expect(names(at)).toHaveText(['Data lake backfill']);
    await expect(sidebar(at).getByRole('searchbox')).toHaveValue('data');
    await expect(sidebar(at).getByRole('radio', { name: 'More than 30 days' })).toBeChecked();
    await expect(sidebar(at).getByRole('radio', { name: 'Disabled' })).toBeChecked();
    await expect(at.getByRole('combobox', { name: 'Sort by' })).toHaveValue('last-used');
    await expect(at).toHaveURL(link);
  };
  await shown(page);
  await page.reload();
  await running(page);
  await shown(page);
  const colleague = await anotherPage();
  await signIn(colleague, 'specialist');
  await open(colleague, page.url());
  await shown(colleague);
});

test('the back button undoes one filter at a time', async ({ page }) => {
  await open(page, paths.tokens);
  await mark(page);
  await sidebar(page).getByRole('radio', { name: 'Disabled' }).check();
  await expect(page).toHaveURL(`${paths.tokens}?state=disabled`);
  await sidebar(page).getByRole('radio', { name: 'More than 30 days' }).check();
  await expect(page).toHaveURL(`${paths.tokens}?created=more-than-30-days&state=disabled`);
  await goBack(page);
  await expect(page).toHaveURL(`${paths.tokens}?state=disabled`);
  await expect(sidebar(page).getByRole('radio', { name: 'Any time' })).toBeChecked();
  await expect(sidebar(page).getByRole('radio', { name: 'Disabled' })).toBeChecked();
  await goBack(page);
  await expect(page).toHaveURL(paths.tokens);
  await expect(sidebar(page).getByRole('radio', { name: 'Any state' })).toBeChecked();
  await goForward(page);
  await expect(sidebar(page).getByRole('radio', { name: 'Disabled' })).toBeChecked();
  await stillMarked(page);
});

test('letters typed in a row are one step for the back button', async ({ page }) => {
  await open(page, paths.tokens);
  await mark(page);
  const search = sidebar(page).getByRole('searchbox');
  await sidebar(page).getByRole('radio', { name: 'Disabled' }).check();
  await expect(page).toHaveURL(`${paths.tokens}?state=disabled`);
  for (const [letters, typed] of [['ta', 'ta'], ['x', 'tax']] as const) {
    await search.pressSequentially(letters);
    await expect.poll(() => query(page)).toEqual({ name: typed, state: 'disabled' });
  }
  await goBack(page);
  await expect(page).toHaveURL(`${paths.tokens}?state=disabled`);
  await expect(search).toHaveValue('');
  await expect(sidebar(page).getByRole('radio', { name: 'Disabled' })).toBeChecked();
  await goBack(page);
  await expect(page).toHaveURL(paths.tokens);

  // A choice ends what is typed in a row.
  await search.pressSequentially('t');
  await expect.poll(() => query(page)).toEqual({ name: 't' });
  await sidebar(page).getByRole('radio', { name: 'Disabled' }).check();
  await expect.poll(() => query(page)).toEqual({ name: 't', state: 'disabled' });
  await search.press('End'); // focused anew, the box has its caret at the start
  await search.pressSequentially('ax');
  await expect.poll(() => query(page)).toEqual({ name: 'tax', state: 'disabled' });
  await goBack(page);
  await expect.poll(() => query(page)).toEqual({ name: 't', state: 'disabled' });
  await goBack(page);
  await expect.poll(() => query(page)).toEqual({ name: 't' });
  await expect(search).toHaveValue('t');
  await stillMarked(page);
});

test('the back button restores the filtered list', async ({ page }) => {
  await open(page, `${paths.tokens}?name=warehouse`);
  await page.getByRole('link', { name: 'BI warehouse sync (EU)' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'BI warehouse sync (EU)' })).toBeVisible();
  await goBack(page);
  await expect(names(page)).toHaveText(['BI warehouse sync (EU)']);
  await expect(sidebar(page).getByRole('searchbox')).toHaveValue('warehouse');
});

test('the list is sorted by creation, name or last use', async ({ page }) => {
  const name = unique('sorted');
  // Created in this order. The first is used last, the third never.
  const [b, a] = [await newToken(page, { name: `B ${name}` }), await newToken(page, { name: `A ${name}` })];
  await newToken(page, { name: `C ${name}` });
  for (const token of [a, b]) {
    const authorization = `Basic ${Buffer.from(`${token.sid}:${token.secret}`).toString('base64')}`;
    const answer = await page.request.get(`/Agencies/${token.sid}/CompanyInformation`, { headers: { authorization } });
    expect(answer.status()).toBe(200);
  }
  // The server stores the time of last use once a second.
  const unused = async () => {
    const list = (await (await call(page, 'tokens/list', namedLike(name))).json()) as { tokens: { last_used_at?: number }[] };
    return list.tokens.filter((token) => !token.last_used_at).length;
  };
  await expect.poll(unused).toBe(1);
  await open(page, listOf(name));
  await mark(page);
  const sort = page.getByRole('combobox', { name: 'Sort by' });
  await expect(sort).toHaveValue('created');
  await expect(names(page)).toHaveText([`C ${name}`, `A ${name}`, `B ${name}`]);
  await sort.selectOption('Name');
  await expect(names(page)).toHaveText([`A ${name}`, `B ${name}`, `C ${name}`]);
  await expect.poll(() => query(page)).toEqual({ name, sort: 'name' });
  await sort.selectOption('Last used, latest first');
  await expect(names(page)).toHaveText([`B ${name}`, `A ${name}`, `C ${name}`]);
  await goBack(page);
  await expect(sort).toHaveValue('name');
  await stillMarked(page);
});

test('the list can be paged in both directions', async ({ page }) => {
  await open(page, `${paths.tokens}?created=more-than-30-days&sort=name`);
  // Only the demo has tokens that old: 18, which fit on one page.
  await expect(page.locator('.results .count')).toHaveText('18 access tokens');
  await expect(page.getByRole('navigation', { name: 'Pages of the list' })).toHaveCount(0);

  const name = unique('listed');
  for (let number = 10; number < 36; number += 1) {
    await newToken(page, { name: `${name} ${String(number)}` });
  }
  await open(page, `${listOf(name)}&sort=name`);
  await mark(page);
  const pages = page.getByRole('navigation', { name: 'Pages of the list' });
  const shown = page.locator('.results .count');
  const step = (text: string) => pages.locator('a', { hasText: text });
  await expect(shown).toHaveText('1–24 of 26 access tokens');
  await expect(pages).toContainText('1–24 of 26 access tokens');
  for (const nowhere of ['First', 'Previous']) {
    await expect(step(nowhere)).toHaveAttribute('aria-disabled', 'true');
    await expect(step(nowhere)).not.toHaveAttribute('href');
  }
  const first = await names(page).allTextContents();
  await step('Next').click();
  await expect(shown).toHaveText('25–26 of 26 access tokens');
  await expect(page).toHaveURL(/&sort=name&after=/);
  await expect(names(page)).toHaveText([`${name} 34`, `${name} 35`]);
  await step('Previous').click();
  await expect(names(page)).toHaveText(first);
  await expect(page).toHaveURL(/&sort=name$/);
  await step('Last').click();
  await expect(page).toHaveURL(/&sort=name&before=end$/);
  await expect(shown).toHaveText('25–26 of 26 access tokens');
  for (const nowhere of ['Next', 'Last']) {
    await expect(step(nowhere)).toHaveAttribute('aria-disabled', 'true');
  }
  await step('First').click();
  await expect(page).toHaveURL(/&sort=name$/);
  await expect(names(page)).toHaveText(first);
  await stillMarked(page);
});

test('a page of the list stays stable while tokens are created', async ({ page, anotherPage }) => {
  const name = unique('paged');
  const create = async (numbers: number[]) => {
    for (const number of numbers) {
      await newToken(page, { name: `${name} ${String(number)}` });
    }
  };
  const listed = (from: number, to: number) =>
    Array.from({ length: from - to + 1 }, (_, index) => `${name} ${String(from - index)}`);
  await create(listed(30, 1).map((_, index) => index + 1));
  await open(page, listOf(name));
  await expect(names(page)).toHaveText(listed(30, 7));
  await page.getByRole('link', { name: 'Next', exact: true }).click();
  await expect(names(page)).toHaveText(listed(6, 1));
  await expect(page.locator('.results .count')).toHaveText('25–30 of 30 access tokens');

  await create([31, 32]);
  await page.reload();
  await running(page);
  const colleague = await anotherPage();
  await signIn(colleague, 'specialist');
  await open(colleague, page.url());
  for (const at of [page, colleague]) {
    await expect(names(at)).toHaveText(listed(6, 1));
    await expect(at.locator('.results .count')).toHaveText('27–32 of 32 access tokens');
  }
  // On the way back, no token appears twice or is missing.
  await page.getByRole('link', { name: 'Previous', exact: true }).click();
  await expect(names(page)).toHaveText(listed(30, 7));
  await page.getByRole('link', { name: 'Previous', exact: true }).click();
  await expect(names(page)).toHaveText(listed(32, 31));
  await expect(page.locator('.results .count')).toHaveText('1–2 of 32 access tokens');
  await page.getByRole('link', { name: 'First', exact: true }).click();
  await expect(names(page)).toHaveText(listed(32, 9));
  await goBack(page);
  await expect(names(page)).toHaveText(listed(32, 31));
});

test('a filter leads back to the first page', async ({ page }) => {
  await open(page, `${paths.tokens}?before=end`);
  await expect(page.locator('.results .count')).toHaveText(/^\d+–(\d+) of \1 access tokens$/);
  await sidebar(page).getByRole('radio', { name: 'Disabled' }).check();
  await expect(page).toHaveURL(`${paths.tokens}?state=disabled`);
});

/** An id that no token has. */
const nobody = 'abcdef00-0000-4000-8000-000000000000';

for (const [nonsense, right] of [
  ['?state=asleep&created=yesterday&sort=colour&after=0', ''],
  ['?state=&name=&before=-3&utm=1', ''],
  ['?state=disabled&after=abc&created=', '?state=disabled'],
  ['?name=warehouse&before=end', '?name=warehouse'],
  [`?name=warehouse&after=${nobody}.0`, '?name=warehouse'],
  [`?sort=name&name=warehouse&after=${nobody.toUpperCase()}.a&before=x`, '?name=warehouse&sort=name'],
  [`?sort=last-used&after=${nobody}.x`, '?sort=last-used'],
  ['?name=%00%E2%80%AEwarehouse', '?name=warehouse'],
  ['?name=%FF%FE&state=%', '?name=%EF%BF%BD%EF%BF%BD'],
  [`?name=${'a'.repeat(500)}`, `?name=${'a'.repeat(100)}`],
] as const) {
  test(`an invalid link is corrected: ${nonsense.slice(0, 30)}`, async ({ page }) => {
    const answer = await page.goto(paths.tokens + nonsense);
    expect(answer?.status()).toBe(200);
    await expect(page).toHaveURL(paths.tokens + right);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Platform REST Web Services');
  });
}

test('Clear all also discards a search typed just before', async ({ page }) => {
  await open(page, `${paths.tokens}?state=disabled`);
  await sidebar(page).getByRole('searchbox').pressSequentially('tax');
  await sidebar(page).getByRole('link', { name: 'Clear all' }).click();
  await expect(page).toHaveURL(paths.tokens);
  await expect(sidebar(page).getByRole('searchbox')).toHaveValue('');
  await expect(names(page)).toHaveCount(24);
});
