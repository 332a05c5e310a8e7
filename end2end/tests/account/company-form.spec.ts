// The sections of the company profile that have the values of another one. Each test has an account of its own.

import { axe } from '../support/axe.ts';
import { save, section, stored } from '../support/company.ts';
import { expect, open, paths, test, toast } from '../support/fixtures.ts';
import { givePassword, newUser } from '../support/people.ts';
import { languages, locales, wordsOf } from '../support/words.ts';

test.beforeEach(async ({ page }) => {
  await givePassword(page, newUser().email);
});

for (const language of languages) {
  const words = wordsOf(language);
  const { company } = words;

  test.describe(`in ${language}`, () => {
    test.use({ locale: locales[language] });

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

      test('a plain form copies a section', async ({ page }) => {
        await page.goto(paths.companyInformation);
        const [corporate, billing] = [section(page, company.corporate_address), section(page, company.billing_address)];
        await corporate.getByLabel(company.country).fill('JAPAN');
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
