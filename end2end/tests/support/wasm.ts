// Wasm that comes late, or not at all.

import type { Page } from '@playwright/test';

/** All wasm of a page. */
export const allWasm = /\/pkg\/.*\.wasm$/;

/** The wasm that only some pages need. */
export const parts = /\/pkg\/parts\..*\.wasm$/;

/** Holds the wasm back. Returns a function that lets it come. */
export async function holdWasm(page: Page): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((done) => (release = done));
  await page.route(allWasm, async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

/** Opens the page, whose wasm may be late. */
export async function openEarly(page: Page, path: string): Promise<void> {
  await page.goto(path, { waitUntil: 'domcontentloaded' });
}
