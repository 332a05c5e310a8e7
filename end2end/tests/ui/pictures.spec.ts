// Takes pictures, which no test compares: README's, and the main pages and dialogs in every look, to be looked at. They go
// to `target/pictures`, in a folder for each language, scheme and width.

import { mkdirSync, writeFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { dialog, expect, open, paths, running, signIn, test, unfold, type User } from '../support/fixtures.ts';
import { languages, locales, wordsOf, type Words } from '../support/words.ts';

const schemes = ['light', 'dark'] as const;
const sizes = [
  { width: 1440, height: 900 },
  { width: 820, height: 1180 },
  { width: 390, height: 844 },
];

/** A page in one of its states. */
interface Scene {
  /** The user who sees it, by default an administrator; `null` if no user is signed in. */
  user?: User | null;
  path: string;
  /** Leads from the opened page to the state. */
  act?: (page: Page, words: Words) => Promise<void>;
  /** Whether something lies above the page: then the window alone is pictured. */
  above?: true;
}

/** Fills in the wizard's steps before the one of this number. */
async function fillSteps(page: Page, words: Words, step: number): Promise<void> {
  await page.locator('#name').fill('Nightly export');
  for (let done = 1; done < step; done += 1) {
    await page.getByRole('button', { name: words.next, exact: true }).click();
  }
}

/** Opens the menu of the first token in the list. */
async function openFirstMenu(page: Page): Promise<void> {
  await page.locator('.card button[aria-haspopup="menu"]').first().click();
  await expect(page.getByRole('menuitem').first()).toBeFocused();
}

/** Opens the question of this command. */
async function ask(page: Page, item: string): Promise<void> {
  await openFirstMenu(page);
  await page.getByRole('menuitem', { name: item, exact: true }).click();
  await expect(dialog(page)).toBeVisible();
}

const scenes: Record<string, Scene> = {
  'sign-in': { user: null, path: paths.signIn },
  forgotten: { user: null, path: '/sign-in/forgotten' },
  overview: { path: paths.overview },
  settings: { path: paths.settings },
  tokens: { path: paths.tokens },
  'tokens-menu': {
    path: paths.tokens,
    above: true,
    act: openFirstMenu,
  },
  'tokens-none': { path: `${paths.tokens}?name=no+such+name` },
  token: {
    path: paths.tokens,
    act: async (page) => {
      await page.locator('.card a').first().click();
      await page.waitForURL(/\/tokens\//);
      await expect(page.locator('#name')).toBeVisible();
    },
  },
  'new-token-1': { path: paths.newToken, act: (page, words) => fillSteps(page, words, 1) },
  'new-token-2': { path: paths.newToken, act: (page, words) => fillSteps(page, words, 2) },
  'new-token-3': {
    path: paths.newToken,
    act: async (page, words) => {
      await fillSteps(page, words, 3);
      await unfold(page);
    },
  },
  question: { path: paths.tokens, above: true, act: (page, words) => ask(page, words.item.delete) },
  secret: {
    path: paths.tokens,
    above: true,
    act: async (page, words) => {
      await ask(page, words.item.reset);
      await dialog(page).getByRole('button', { name: words.item.reset, exact: true }).click();
      await expect(dialog(page).locator('code.secret')).toBeVisible();
    },
  },
  tips: { path: paths.tips },
  'audit-trail': { path: '/settings/audit-trail' },
  'account-users': { path: paths.accountUsers },
  'company-information': { path: paths.companyInformation },
  'security-policy': { path: '/settings/security-policy' },
  profile: { path: '/settings/profile' },
  'not-allowed': { user: 'analyst', path: paths.tokens },
  'no-such-page': { path: '/no-such-page' },
};

test.describe('Pages and dialogs', () => {
  test.describe.configure({ mode: 'parallel' });
  test.use({ reducedMotion: 'reduce' });

  for (const language of languages) {
    for (const size of sizes) {
      test.describe(`in ${language} at ${String(size.width)} px`, () => {
        test.use({ locale: locales[language], viewport: size });

        for (const [name, { user = 'administrator', path, act, above }] of Object.entries(scenes)) {
          test(`${name} is pictured`, async ({ page }) => {
            if (user !== null) {
              await signIn(page, user);
            }
            await open(page, path);
            await act?.(page, wordsOf(language));
            for (const colorScheme of schemes) {
              await page.emulateMedia({ colorScheme });
              const folder = `../target/pictures/${language}-${colorScheme}-${String(size.width)}`;
              await page.screenshot({ path: `${folder}/${name}.png`, fullPage: above !== true });
            }
          });
        }
      });
    }
  }
});

test.describe('README', () => {
  test.use({ viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1.5, reducedMotion: 'reduce' });

  for (const colorScheme of schemes) {
    test(`the token list is pictured in ${colorScheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme });
      await signIn(page, 'administrator');
      await page.goto(`${paths.tokens}?state=enabled&sort=last-used`);
      await running(page);
      await page.locator('.card button[aria-haspopup="menu"]').nth(1).click();
      await expect(page.getByRole('menuitem', { name: 'Duplicate' })).toBeFocused();
      // Playwright itself takes no WebP, which needs a third of the bytes.
      const cdp = await page.context().newCDPSession(page);
      const { data } = await cdp.send('Page.captureScreenshot', { format: 'webp', quality: 85 });
      mkdirSync('pictures', { recursive: true });
      writeFileSync(`pictures/tokens-${colorScheme}.webp`, Buffer.from(data, 'base64'));
    });
  }
});
