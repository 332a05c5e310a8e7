// The lists of countries, currencies and time zones in the company profile, and its sections that have the values of
// another one. Each test has an account of its own.

import type { Locator, Page } from '@playwright/test';
import { axe } from '../support/axe.ts';
import { problem, save, section, stored } from '../support/company.ts';
import { expect, open, paths, test, toast } from '../support/fixtures.ts';
import { givePassword, newUser } from '../support/people.ts';
import { type Language, languages, locales, wordsOf } from '../support/words.ts';

test.beforeEach(async ({ page }) => {
  await givePassword(page, newUser().email);
});

/** A field of the section for the company that has a list. */
function listed(page: Page, language: Language, name: string): Locator {
  return section(page, wordsOf(language).company.company).getByRole('combobox', { name, exact: true });
}

function options(page: Page): Locator {
  return page.getByRole('listbox').getByRole('option');
}

for (const language of languages) {
  const words = wordsOf(language);
  const { company } = words;
  const japan = { en: 'Japan', ja: '日本' }[language];

  test.describe(`in ${language}`, () => {
    test.use({ locale: locales[language] });

    test('a country is found by its name in either language', async ({ page }) => {
      await open(page, paths.companyInformation);
      const country = listed(page, language, company.secondary_phone_country);
      await expect(country).toHaveAttribute('aria-expanded', 'false');
      for (const name of ['日本', 'Japan', 'ＪＰ']) {
        await country.fill(name);
        await expect(options(page)).toHaveText([`${japan} JAPAN`]);
        await expect(country).toHaveAttribute('aria-expanded', 'true');
        await page.keyboard.press('Enter');
        await expect(country).toHaveValue('JAPAN');
        await expect(page.getByRole('listbox')).toHaveCount(0);
        await expect(country).toBeFocused();
      }

      const chosen = page.getByRole('listbox').getByRole('option', { selected: true });
      for (const [key, value] of [
        ['ArrowDown', 'JAPAN'],
        ['ArrowDown', 'JERSEY'],
        ['End', 'ZIMBABWE'],
        ['ArrowDown', 'AFGHANISTAN'],
        ['ArrowUp', 'ZIMBABWE'],
        ['Home', 'AFGHANISTAN'],
      ] as const) {
        await page.keyboard.press(key);
        await expect(chosen).toContainText(value);
        await expect(chosen).toBeInViewport();
        await expect(country).toHaveAttribute('aria-activedescendant', (await chosen.getAttribute('id')) ?? '');
      }
      await axe(page, 'with an open list');
      await page.keyboard.press('Escape');
      await expect(page.getByRole('listbox')).toHaveCount(0);
      await expect(country).toHaveValue('JAPAN');

      // A name that is left as it is typed becomes its value, too.
      const primary = listed(page, language, company.primary_phone_country);
      await primary.fill('日本');
      await page.keyboard.press('Tab');
      await expect(primary).toHaveValue('JAPAN');
      await save(page, words);
      await expect(toast(page, company.saved)).toBeVisible();
      expect(await stored(page)).toMatchObject({
        PrimaryPhoneNumberCountry: 'JAPAN',
        SecondaryPhoneNumberCountry: 'JAPAN',
      });
    });

    test('currency and time zone are chosen by mouse', async ({ page }) => {
      await open(page, paths.companyInformation);
      const currency = listed(page, language, company.currency);
      await currency.click();
      await options(page).filter({ hasText: 'JPY' }).click();
      await expect(currency).toHaveValue('JPY');
      await expect(currency).toBeFocused();
      const zone = listed(page, language, company.timezone);
      await zone.fill({ en: '日本', ja: 'Japan' }[language]);
      await options(page).filter({ hasText: 'Tokyo' }).click();
      await expect(zone).toHaveValue('(GMT +09:00) Osaka, Sapporo, Tokyo');

      await currency.fill('Gold');
      await expect(page.getByText(words.problem.unknown_value)).toBeVisible();
      await save(page, words);
      await expect(currency).toBeFocused();
      await expect(problem(page, 'Currency')).toHaveText(words.problem.unknown_value);
      await currency.fill('usd');
      await save(page, words);
      await expect(toast(page, company.saved)).toBeVisible();
      expect(await stored(page)).toMatchObject({ Currency: 'USD', Timezone: '(GMT +09:00) Osaka, Sapporo, Tokyo' });
    });

    test('a section is saved with the values of another one', async ({ page }) => {
      await open(page, paths.companyInformation);
      const [corporate, billing] = [section(page, company.corporate_address), section(page, company.billing_address)];
      const technical = section(page, company.technical_contact);
      const same = billing.getByRole('checkbox', { name: company.same_as_corporate });
      await corporate.getByLabel(company.city).fill('Sapporo');
      await section(page, company.financial_contact).getByLabel(company.email).fill('money@agency.example');
      await expect(billing.getByLabel(company.city)).toBeVisible();
      await same.check();
      await expect(billing.getByLabel(company.city)).toBeHidden();
      await technical.getByRole('checkbox', { name: company.same_as_financial }).check();
      await save(page, words);
      await expect(toast(page, company.saved)).toBeVisible();
      expect(await stored(page)).toMatchObject({
        'BillingAddress.City': 'Sapporo',
        'TechnicalContact.Email': 'money@agency.example',
        'SecurityContact.Email': '',
      });

      // It follows the other one, and has values of its own again.
      await open(page, paths.companyInformation);
      await expect(same).toBeChecked();
      await expect(billing.getByLabel(company.city)).toBeHidden();
      await axe(page, 'with folded sections');
      await corporate.getByLabel(company.city).fill('Otaru');
      await save(page, words);
      await expect(toast(page, company.saved)).toBeVisible();
      expect(await stored(page)).toMatchObject({ 'BillingAddress.City': 'Otaru' });
      await expect(same).toBeChecked();
      await same.uncheck();
      await expect(billing.getByLabel(company.city)).toHaveValue('Otaru');
      await billing.getByLabel(company.city).fill('Hakodate');
      await save(page, words);
      await expect.poll(() => stored(page)).toMatchObject({
        'BillingAddress.City': 'Hakodate',
        'CorporateAddress.City': 'Otaru',
      });
      await open(page, paths.companyInformation);
      await expect(same).not.toBeChecked();
      await expect(billing.getByLabel(company.city)).toBeVisible();
    });

    test.describe('without scripts', () => {
      test.use({ javaScriptEnabled: false });

      test('lists are suggested, and a section is copied', async ({ page }) => {
        await page.goto(paths.companyInformation);
        const [corporate, billing] = [section(page, company.corporate_address), section(page, company.billing_address)];
        const country = corporate.getByLabel(company.country);
        const suggestions = page.locator(`#${await country.getAttribute('list')}`);
        await expect(suggestions.locator('option[value="JAPAN"]')).toHaveCount(1);
        await country.fill('japan');
        await billing.getByRole('checkbox', { name: company.same_as_corporate }).check();
        await expect(billing.getByLabel(company.country)).toBeHidden();
        await save(page, words);
        await expect(page.getByText(company.saved, { exact: true })).toBeVisible();
        await expect(billing.getByRole('checkbox', { name: company.same_as_corporate })).toBeChecked();
        expect(await stored(page)).toMatchObject({ 'CorporateAddress.Country': 'JAPAN', 'BillingAddress.Country': 'JAPAN' });
      });
    });
  });
}

test('the list waits while an input method composes', async ({ page }) => {
  await open(page, paths.companyInformation);
  const country = listed(page, 'en', wordsOf('en').company.primary_phone_country);
  await country.focus();
  const input = await page.context().newCDPSession(page);
  for (const text of ['ｎ', 'に', 'にほん']) {
    await input.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
    await expect(country).toHaveValue(text);
    await expect(country).toHaveAttribute('aria-expanded', 'false');
  }
  await input.send('Input.insertText', { text: '日本' });
  await expect(options(page)).toHaveText(['Japan JAPAN']);
});
