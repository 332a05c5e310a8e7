// What axe finds on a page, as one readable line for each element.

import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** Fails if axe finds a violation on the page as it is now; the test goes on, to find them all. `where` says what is looked at. */
export async function axe(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary?.replace(/\s+/g, ' ') ?? ''}`),
  );
  expect.soft(found, `${where}: ${page.url()}`).toEqual([]);
}
