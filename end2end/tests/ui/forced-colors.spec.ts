// Forced colours, such as Windows' contrast themes: states that a background shows elsewhere have system colours.

import type { Locator, Page } from '@playwright/test';
import { expect, listOf, newToken, open, openMenu, paths, signIn, test, unfold, unique } from '../support/fixtures.ts';
import { wordsOf } from '../support/words.ts';

const en = wordsOf('en');

test.beforeEach(async ({ page }) => {
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  await signIn(page, 'administrator');
});

/** Returns the browser's value of a system colour. */
async function system(page: Page, name: string): Promise<string> {
  return page.evaluate((name) => {
    const probe = document.createElement('i');
    probe.style.setProperty('forced-color-adjust', 'none');
    probe.style.setProperty('color', name);
    document.body.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  }, name);
}

/** The background of an element, or of its pseudo-element. */
function background(element: Locator, pseudo?: string): Promise<string> {
  return element.evaluate((element, pseudo) => getComputedStyle(element, pseudo).backgroundColor, pseudo);
}

test('the dot of a state is filled for enabled alone', async ({ page }) => {
  // One of the two tokens is disabled.
  await open(page, `${paths.tokens}?name=data`);
  const text = await system(page, 'CanvasText');
  expect(await background(page.locator('.badge.ok').first(), '::before')).toBe(text);
  expect(await background(page.locator('.badge:not(.ok)').first(), '::before')).not.toBe(text);
});

test('the current entry of the navigation is highlighted', async ({ page }) => {
  await open(page, paths.tokens);
  const current = page.locator('.rail nav a[aria-current="page"]');
  await expect(current.first()).toHaveCSS('background-color', await system(page, 'Highlight'));
  await expect(current.first()).toHaveCSS('color', await system(page, 'HighlightText'));
});

test('the highlighted item of a menu is told apart', async ({ page }) => {
  const token = await newToken(page);
  await open(page, listOf(token.name));
  const highlight = await system(page, 'Highlight');
  const items = (await openMenu(page, token.name)).getByRole('menuitem');
  await expect(items.nth(0)).toHaveCSS('background-color', highlight);
  await expect(items.nth(1)).not.toHaveCSS('background-color', highlight);
  await page.keyboard.press('ArrowDown');
  await expect(items.nth(1)).toHaveCSS('background-color', highlight);
  await expect(items.nth(0)).not.toHaveCSS('background-color', highlight);
});

test('the chosen view and the dots of a menu are seen', async ({ page }) => {
  const token = await newToken(page);
  await open(page, listOf(token.name));
  const [highlight, views] = [await system(page, 'Highlight'), page.locator('.view-switch a')];
  await expect(views.nth(0)).toHaveCSS('background-color', highlight);
  await expect(views.nth(1)).not.toHaveCSS('background-color', highlight);
  expect(await background(page.locator('.card .menu > button'), '::before')).toBe(await system(page, 'ButtonText'));
});

test('the current step and a switch are told apart', async ({ page }) => {
  await open(page, paths.newToken);
  const highlight = await system(page, 'Highlight');
  const steps = page.locator('.steps li');
  expect(await background(steps.nth(0), '::before')).toBe(highlight);
  expect(await background(steps.nth(1), '::before')).not.toBe(highlight);
  await page.locator('#name').fill(unique('Forced'));
  await page.getByRole('button', { name: en.next, exact: true }).click();
  expect(await background(steps.nth(0), '::before')).not.toBe(highlight);
  expect(await background(steps.nth(1), '::before')).toBe(highlight);
  await page.getByRole('button', { name: en.next, exact: true }).click();
  await unfold(page);
  const [off, on] = [page.getByRole('switch').nth(0), page.getByRole('switch').nth(1)];
  await on.check();
  await expect(on).toHaveCSS('background-color', highlight);
  await expect(off).not.toHaveCSS('background-color', highlight);
});
