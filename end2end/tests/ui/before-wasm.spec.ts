// Acts of a person before our wasm runs are kept: typed text, choices, and the last click on a button that needs wasm.

import type { Page } from '@playwright/test';
import {
  expect,
  mark,
  names,
  newToken,
  paths,
  running,
  signIn,
  stillMarked,
  test,
  toast,
  unfold,
  unique,
  update,
} from '../support/fixtures.ts';
import { holdWasm, openEarly } from '../support/wasm.ts';
import { languages, locales, say, wordsOf } from '../support/words.ts';

const en = wordsOf('en');

/** Opens the page, lets the person act before its wasm comes, and then waits until it runs. */
async function actBeforeWasm(page: Page, path: string, act: () => Promise<void>): Promise<void> {
  const release = await holdWasm(page);
  await openEarly(page, path);
  await mark(page);
  await act();
  release();
  await running(page);
}

/** The query of the page's URL. */
function query(page: Page): Record<string, string> {
  return Object.fromEntries(new URL(page.url()).searchParams);
}

test.beforeEach(async ({ page }) => {
  await signIn(page, 'administrator');
});

for (const language of languages) {
  const words = wordsOf(language);

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('typed text and choices filter the list', async ({ page }) => {
      const search = page.getByRole('searchbox');
      const disabled = page.locator('#filters').getByRole('radio', { name: words.state.disabled });
      await actBeforeWasm(page, paths.tokens, async () => {
        await search.fill('data');
        await disabled.check();
        await page.locator('.sort select').selectOption('name');
      });
      await expect(names(page)).toHaveText(['Data lake backfill']);
      await expect(search).toHaveValue('data');
      await expect(disabled).toBeChecked();
      await expect(page.locator('.sort select')).toHaveValue('name');
      await expect.poll(() => query(page)).toEqual({ name: 'data', state: 'disabled', sort: 'name' });
      await stillMarked(page);
    });

    test('a click on a card’s menu opens it', async ({ page }) => {
      const token = await newToken(page, { name: unique('Early') });
      const more = page.getByRole('button', { name: say(words.card.more_for, { name: token.name }), exact: true });
      await actBeforeWasm(page, paths.tokens, async () => {
        await more.click();
        await expect(more).toHaveAttribute('aria-busy', 'true');
        // Impatience does no harm.
        await more.click();
      });
      await expect(page.getByRole('menu')).toHaveCount(1);
      await expect(page.getByRole('menuitem').first()).toBeFocused();
      await expect(more).not.toHaveAttribute('aria-busy');
      await stillMarked(page);
    });
  });
}

test('a click is forgotten once the person has gone on', async ({ page }) => {
  const token = await newToken(page, { name: unique('Early') });
  const search = page.getByRole('searchbox');
  await actBeforeWasm(page, paths.tokens, async () => {
    await page.getByRole('button', { name: say(en.card.more_for, { name: token.name }), exact: true }).click();
    await search.click();
    await search.pressSequentially(token.name);
  });
  await expect(names(page)).toHaveText([token.name]);
  await expect(page.getByRole('menu')).toHaveCount(0);
  await expect(search).toBeFocused();
});

test('text and caret stay where they were', async ({ page }) => {
  const search = page.getByRole('searchbox');
  await actBeforeWasm(page, paths.tokens, async () => {
    await search.fill('warhouse');
    await search.evaluate((field: HTMLInputElement) => field.setSelectionRange(3, 3));
  });
  await page.keyboard.type('e');
  await expect(names(page)).toHaveText(['BI warehouse sync (EU)']);
  await expect(search).toHaveValue('warehouse');
});

test('text typed while the page hydrates stays', async ({ page }) => {
  const search = page.getByRole('searchbox');
  await actBeforeWasm(page, paths.tokens, async () => {
    await search.fill('ware');
    await search.evaluate((field: HTMLInputElement) => {
      window.addEventListener('kagitaba:runs', () => {
        field.value = 'warehouse';
        field.dispatchEvent(new Event('input', { bubbles: true }));
      });
    });
  });
  await expect.poll(() => query(page)).toEqual({ name: 'warehouse' });
  await expect(search).toHaveValue('warehouse');
});

test('a chosen language is applied', async ({ page }) => {
  await actBeforeWasm(page, paths.settings, () => page.getByRole('button', { name: '日本語' }).click());
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(wordsOf('ja').settings.title);
});

test('a changed token is saved as it was typed', async ({ page }) => {
  const token = await newToken(page);
  const jobs = page.locator('input[value="listJobs"]');
  await actBeforeWasm(page, paths.token(token.id), async () => {
    await page.getByLabel(en.form.description).fill('Early');
    await unfold(page);
    await jobs.check();
    await page.locator('#expires').selectOption('30');
  });
  await expect(page.getByLabel(en.form.description)).toHaveValue('Early');
  await expect(jobs).toBeChecked();
  await expect(page.locator('#expires')).toHaveValue('30');
  await expect(page.locator('.scopes-head .count')).toHaveText(say(en.form.chosen_many, { count: 2 }));
  await update(page);
  await expect(toast(page, say(en.done.updated, { name: token.name }))).toBeVisible();
  await page.reload();
  await expect(page.getByLabel(en.form.description)).toHaveValue('Early');
  await expect(jobs).toBeChecked();
});

test('a changed field of the company’s profile stays', async ({ page }) => {
  const website = page.locator('#company-Website');
  await actBeforeWasm(page, paths.companyInformation, () => website.fill('https://early.example'));
  await expect(website).toHaveValue('https://early.example');
  await stillMarked(page);
});

test('a click on a user’s menu opens it', async ({ page }) => {
  const more = page.getByRole('button', { name: say(en.card.more_for, { name: 'Daniel Oakley' }), exact: true });
  await actBeforeWasm(page, paths.accountUsers, () => more.click());
  await expect(page.getByRole('menu')).toHaveCount(1);
  await expect(page.getByRole('menuitem', { name: en.users.change_role })).toBeFocused();
  await stillMarked(page);
});
