// Response headers: the content security policy of pages, and the caching of responses and files.

import type { APIResponse } from '@playwright/test';
import { call, dialog, expect, newToken, open, openMenu, listOf, paths, signIn, test } from '../support/fixtures.ts';

/** The directives of the response's content security policy by name. */
function policy(answer: APIResponse): Record<string, string> {
  const directives = (answer.headers()['content-security-policy'] ?? '').split(';').map((directive) => directive.trim());
  return Object.fromEntries(directives.map((directive) => [directive.split(' ')[0], directive]));
}

test('pages allow no inline code, other sites or frames', async ({ page }) => {
  await signIn(page, 'administrator');
  const token = await newToken(page);
  for (const path of [
    paths.signIn,
    paths.overview,
    paths.settings,
    paths.tokens,
    paths.tips,
    paths.newToken,
    paths.token(token.id),
    paths.token('x'),
    '/no-such-page',
  ]) {
    const answer = await page.request.get(path);
    const directives = policy(answer);
    const { 'form-action': forms, ...loads } = directives;
    expect(JSON.stringify(loads), path).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:|\*/);
    // Forms may be sent to this site only, and there only to the actions of the page's own forms.
    expect(forms, path).toMatch(/^form-action ('none'|'self', form-action( \*:\*\/[a-z_/-]+)+)$/);
    expect(directives).toMatchObject({
      'default-src': "default-src 'none'",
      'style-src': "style-src 'self'",
      'connect-src': "connect-src 'self'",
      'base-uri': "base-uri 'none'",
      'frame-ancestors': "frame-ancestors 'none'",
    });
    expect(answer.headers(), path).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
    });
    const nonce = /'nonce-([^']+)'/.exec(directives['script-src'] ?? '')?.[1];
    const html = await answer.text();
    // Leptos marks places in the page with empty scripts.
    for (const [script] of html.replaceAll('<script></script>', '').matchAll(/<script[^>]*>/g)) {
      expect(script, path).toContain(`nonce="${nonce}"`);
    }
    expect(html, path).not.toMatch(/<style|\sstyle="|\son[a-z]+="/);
  }
});

test('an injected script does not run', async ({ browser, contextOptions }) => {
  // Not the fixture's page, which would fail the test: here the browser must report a violation.
  const context = await browser.newContext(contextOptions);
  const page = await context.newPage();
  await page.route(`**${paths.signIn}`, async (route) => {
    const answer = await route.fetch();
    const body = (await answer.text()).replace('</body>', '<script>window.smuggled = true</script></body>');
    await route.fulfill({ response: answer, body });
  });
  const refused = page.waitForEvent('console', (message) => message.text().includes('Content Security Policy'));
  await page.goto(paths.signIn);
  await refused;
  expect(await page.evaluate(() => 'smuggled' in window)).toBe(false);
  await context.close();
});

test('responses with tokens or secrets are not cached', async ({ page }) => {
  await signIn(page, 'administrator');
  const token = await newToken(page);
  for (const [name, data] of [
    ['tokens/editable', { id: token.id }],
    ['tokens/reset', { id: token.id, revision: token.revision }],
    ['tokens/duplicate', { id: token.id, request: crypto.randomUUID() }],
  ] as const) {
    const answer = await call(page, name, data);
    expect(answer.status(), name).toBe(200);
    expect(answer.headers()['cache-control'], name).toContain('no-store');
    expect(answer.headers()['x-content-type-options'], name).toBe('nosniff');
  }
});

test('frontend files are compressed, hashed and immutable', async ({ page }) => {
  const html = await (await page.request.get(paths.signIn)).text();
  const files = [...new Set([...html.matchAll(/\/pkg\/[\w.\/-]+\.(?:js|wasm|css)/g)].map(([path]) => path))];
  expect(new Set(files.map((path) => path.split('.').at(-1)))).toEqual(new Set(['css', 'js', 'wasm']));
  for (const path of files) {
    expect(path).toMatch(/\.[0-9a-f]{16}[./]/);
    const answer = await page.request.get(path, { headers: { 'accept-encoding': 'br' } });
    expect(answer.status(), path).toBe(200);
    expect(answer.headers(), path).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-encoding': 'br',
      'x-content-type-options': 'nosniff',
    });
    expect(answer.headers()['set-cookie'], path).toBeUndefined();
  }
  const missing = await page.request.get('/pkg/kagitaba.0000000000000000.js');
  expect(missing.status()).toBe(404);
  expect(missing.headers()['cache-control']).toBe('no-store');
});

test('the wasm of every page weighs at most 330 kB compressed', async ({ page }) => {
  const html = await (await page.request.get(paths.signIn)).text();
  const wasm = new Set([...html.matchAll(/\/pkg\/[\w.\/-]+\.wasm/g)].map(([path]) => path));
  expect(wasm.size).toBe(1);
  const answer = await page.request.head([...wasm][0] ?? '', { headers: { 'accept-encoding': 'br' } });
  expect(answer.headers()['content-encoding']).toBe('br');
  expect(Number(answer.headers()['content-length'])).toBeLessThanOrEqual(330_000);
});

test('a page loads its own wasm at once and the rest later', async ({ page }) => {
  await signIn(page, 'administrator');
  const loaded = new Set<string>();
  page.on('response', (answer) => loaded.add(new URL(answer.url()).pathname));
  await open(page, paths.tokens);
  const links = page.locator('body > link[rel="preload"][as="fetch"]');
  const pieces = await links.evaluateAll((links) => links.map((link) => new URL((link as HTMLLinkElement).href).pathname));
  expect(pieces.length).toBeGreaterThan(0);
  expect(pieces.filter((piece) => !/^\/pkg\/parts\.[\w.-]+\/[\w.-]+\.wasm$/.test(piece))).toEqual([]);
  expect(pieces.filter((piece) => !loaded.has(piece))).toEqual([]);
  await expect.poll(() => [...loaded].some((path) => path.includes('edit_token'))).toBe(true);
});

test('pages load nothing from other servers', async ({ page, baseURL }) => {
  const elsewhere: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(baseURL ?? '') && !request.url().startsWith('data:')) {
      elsewhere.push(request.url());
    }
  });
  await signIn(page, 'administrator');
  const token = await newToken(page);
  for (const path of [paths.signIn, paths.overview, paths.settings, paths.tokens, paths.tips, paths.newToken, paths.token(token.id)]) {
    await open(page, path);
  }
  await open(page, listOf(token.name));
  const menu = await openMenu(page, token.name);
  await menu.getByRole('menuitem', { name: 'Duplicate' }).click();
  await expect(dialog(page)).toBeVisible();
  expect(elsewhere).toEqual([]);
});
