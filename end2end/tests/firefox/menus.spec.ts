// Menus in Firefox: that of a token by mouse and by keyboard, and the browser's own popovers in the head of the page.

import { listOf, newToken, paths, unique } from '../support/fixtures.ts';
import { asUser, expect, hasFocus, hides, named, open, path, press, shows, test, texts } from '../support/firefox.ts';
import { say, wordsOf } from '../support/words.ts';

const en = wordsOf('en');
const { item } = en;
const items = [item.duplicate, item.reset, item.upgrade_version, item.disable, item.delete];

/** The button that opens the token's menu. */
function more(name: string): string {
  return named('button', say(en.card.more_for, { name }));
}

test('the mouse opens a menu, picks an item and closes it', async ({ newTab, elsewhere }) => {
  const session = await elsewhere('administrator');
  const tab = await asUser(newTab, session);
  const { name } = await newToken(session, { name: unique('Menu') });
  await open(tab, listOf(name));
  await press(tab, more(name));
  await texts(tab, '[role=menuitem]', items);
  await hasFocus(tab, item.duplicate);
  await press(tab, 'h1');
  await hides(tab, '[role=menu]');

  await press(tab, more(name));
  await press(tab, named('menuitem', item.disable));
  await hides(tab, '[role=menu]');
  await press(tab, `dialog[open] ${named('button', item.disable)}`);
  await hides(tab, 'dialog[open]');
  await texts(tab, '.card .badge', [en.state.disabled]);
});

test('keys open a menu, move in it, pick an item and close it', async ({ newTab, elsewhere }) => {
  const session = await elsewhere('administrator');
  const tab = await asUser(newTab, session);
  const { name } = await newToken(session, { name: unique('Menu') });
  await open(tab, listOf(name));
  const button = await tab.waitForSelector(more(name));
  for (const [key, first] of [
    ['Enter', item.duplicate],
    [' ', item.duplicate],
    ['ArrowDown', item.duplicate],
    ['ArrowUp', item.delete],
  ] as const) {
    await button?.focus();
    await tab.keyboard.press(key);
    await hasFocus(tab, first);
    await tab.keyboard.press('Escape');
    await hides(tab, '[role=menu]');
    await hasFocus(tab, say(en.card.more_for, { name }));
  }
  await tab.keyboard.press('Enter');
  await hasFocus(tab, item.duplicate);
  for (const [key, next] of [
    ['ArrowUp', item.delete],
    ['Home', item.duplicate],
    ['r', item.reset],
  ] as const) {
    await tab.keyboard.press(key);
    await hasFocus(tab, next);
  }
  await tab.keyboard.press('Enter');
  await shows(tab, 'dialog[open]');
  await tab.keyboard.press('Escape');
  await hides(tab, 'dialog[open]');
  await hasFocus(tab, say(en.card.more_for, { name }));
});

test('popovers of the page’s head open and close', async ({ newTab, elsewhere }) => {
  const tab = await asUser(newTab, await elsewhere('administrator'));
  await open(tab, paths.overview);
  await press(tab, 'button.person');
  await shows(tab, '#person');
  await tab.keyboard.press('Escape');
  await hides(tab, '#person');
  await press(tab, 'button.person');
  await shows(tab, '#person');
  await press(tab, 'h1');
  await hides(tab, '#person');

  await tab.setViewport({ width: 390, height: 844 });
  await press(tab, named('button', en.menu));
  await press(tab, `#menu a[href="${paths.tokens}"]`);
  await expect.poll(() => path(tab)).toBe(paths.tokens);
  await hides(tab, '#menu');
});
