// Accessibility violations that axe finds on a page, one readable line for each element.

import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** Fails if axe finds a violation on the page, or in a part of it. The test continues, to report all violations at once. */
export async function axe(page: Page, where: string, part?: string): Promise<void> {
  const all = new AxeBuilder({ page }).options({ resultTypes: ['violations'] });
  const { violations } = await (part === undefined ? all : all.include(part)).analyze();
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary?.replace(/\s+/g, ' ') ?? ''}`),
  );
  expect.soft(found, `${where}: ${page.url()}`).toEqual([]);
}
