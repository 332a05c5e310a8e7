// The page of the company profile, and the profile as it is stored.

import type { Locator, Page } from '@playwright/test';
import { call, expect, sameOrigin } from './fixtures.ts';
import type { Words } from './words.ts';

export type Values = Record<string, string>;

/** The profile as it is stored. */
export async function stored(page: Page): Promise<Values> {
  return (await (await call(page, 'company_information/get', {})).json()) as Values;
}

/** Changes fields of the profile by the server function. */
export async function change(page: Page, typed: Values): Promise<void> {
  const prefixed = (name: string, values: Values): Values =>
    Object.fromEntries(Object.entries(values).map(([field, value]) => [`${name}[${field}]`, value]));
  const form = { ...prefixed('loaded', await stored(page)), ...prefixed('typed', typed) };
  const answer = await page.request.post('/api/company_information/update', { form, headers: sameOrigin });
  expect(answer.status(), await answer.text()).toBe(200);
}

/** A section of the form. */
export function section(page: Page, name: string): Locator {
  return page.getByRole('group', { name, exact: true });
}

export async function save(page: Page, words: Words): Promise<void> {
  await page.getByRole('button', { name: words.company.save, exact: true }).click();
}

/** The problem shown beside the field. */
export function problem(page: Page, field: string): Locator {
  return page.locator(`#company-${field.replace('.', '-')}-error`);
}
