// The company profile: shown, changed, refused if it is invalid, and changed by others meanwhile. Most tests change Kita
// Media's profile, as other tests read that of Hoshi & Oak at the gate.

import { axe } from '../support/axe.ts';
import { change, problem, save, section, stored } from '../support/company.ts';
import {
  call,
  expect,
  mark,
  newToken,
  open,
  paths,
  sameOrigin,
  signIn,
  stillMarked,
  test,
  toast,
  unique,
  type User,
} from '../support/fixtures.ts';
import { locales, say, wordsOf } from '../support/words.ts';

const london = '(GMT +00:00) Dublin, Edinburgh, Lisbon, London';

for (const language of ['en', 'ja'] as const) {
  const words = wordsOf(language);
  const { company } = words;

  test.describe(`In ${locales[language]}`, () => {
    test.use({ locale: locales[language] });

    test('the profile opens from the settings and keeps changes', async ({ page }) => {
      await signIn(page, 'otherAdministrator');
      await change(page, {
        'Website': 'https://www.kita-media.example',
        'MinimumContactRating': '',
        'OrganizationType': 'CORP',
        'CorporateAddress.City': '',
      });
      await open(page, paths.settings);
      await expect(page.getByRole('heading', { level: 3 }).first()).toHaveText(words.settings.general);
      await mark(page);
      await page.getByRole('link', { name: words.settings.company_information }).click();
      await expect(page).toHaveURL(paths.companyInformation);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(company.title);
      await expect(page).toHaveTitle(`${company.title} – ${words.product}`);
      await expect(page.getByRole('heading', { level: 2 })).toHaveText([
        company.company,
        company.tax,
        company.corporate_address,
        company.billing_address,
        company.financial_contact,
        company.technical_contact,
        company.security_contact,
        company.commercial_contact,
      ]);
      const website = section(page, company.company).getByLabel(company.website);
      await expect(website).toHaveValue('https://www.kita-media.example');
      // Every field has a label that is unique in its section.
      for (const fields of await page.locator('fieldset.company-section').all()) {
        const labels = await fields.locator('label').allTextContents();
        expect(new Set(labels.filter((label) => label !== '')).size).toBe(labels.length);
      }

      const city = unique('北');
      await website.fill('https://kita.example');
      await section(page, company.company).getByLabel(company.minimum_contact_rating).selectOption('4');
      await section(page, company.company).getByLabel(company.organization_type).selectOption(company.non_profit);
      await section(page, company.billing_address).getByLabel(company.city).fill(`  ${city} `);
      await section(page, company.security_contact).getByLabel(company.email).fill('security@kita-media.example');
      await section(page, company.tax).getByLabel(company.tax_id).fill('98-7654321');
      await save(page, words);
      await expect(toast(page, company.saved)).toHaveText(company.saved);
      // The page shows the stored values, trimmed and masked.
      await expect(section(page, company.billing_address).getByLabel(company.city)).toHaveValue(city);
      await expect(section(page, company.tax).getByLabel(company.tax_id)).toHaveValue('XXXXX4321');
      await stillMarked(page);

      await open(page, paths.companyInformation);
      await expect(website).toHaveValue('https://kita.example');
      await expect(section(page, company.company).getByLabel(company.minimum_contact_rating)).toHaveValue('4');
      await expect(section(page, company.company).getByLabel(company.organization_type)).toHaveValue('NONP_GOV');
      await expect(section(page, company.corporate_address).getByLabel(company.city)).toHaveValue('');
      expect(await stored(page)).toMatchObject({
        'Website': 'https://kita.example',
        'MinimumContactRating': '4',
        'OrganizationType': 'NONP_GOV',
        'BillingAddress.City': city,
        'SecurityContact.Email': 'security@kita-media.example',
        'EinSsnForeignTaxId': 'XXXXX4321',
      });
    });

    test('invalid values are reported beside their fields and kept', async ({ page }) => {
      await signIn(page, 'otherAdministrator');
      const before = await stored(page);
      await open(page, paths.companyInformation);
      const name = section(page, company.company).getByLabel(company.company_name);
      const phone = section(page, company.company).getByLabel(company.primary_phone, { exact: true });
      const email = section(page, company.technical_contact).getByLabel(company.email);
      const city = section(page, company.corporate_address).getByLabel(company.city);
      await city.fill('x'.repeat(256));
      await email.fill('nobody');
      await phone.fill('+81 x3');
      await name.fill(' ');
      await save(page, words);
      await expect(name).toBeFocused();
      await expect(name).toHaveAccessibleDescription(words.problem.required);
      await expect(phone).toHaveAccessibleDescription(`${company.phone_hint} ${words.problem.digits}`);
      await expect(email).toHaveAccessibleDescription(words.problem.email);
      await expect(city).toHaveAccessibleDescription(say(words.problem.line, { max: 255 }));
      for (const wrong of [name, phone, email, city]) {
        await expect(wrong).toHaveAttribute('aria-invalid', 'true');
      }
      await axe(page, 'with problems');
      expect(await stored(page)).toEqual(before);

      await name.fill('Kita Media');
      await phone.fill('（＋８１）3ー5550-0110');
      await city.fill('Sapporo');
      await save(page, words);
      await expect(email).toBeFocused();
      await expect(page.locator('[aria-invalid="true"]')).toHaveCount(1);
      await expect(city).toHaveValue('Sapporo');
      await email.fill('');
      await save(page, words);
      await expect(toast(page, company.saved)).toBeVisible();
      await expect(page.locator('[aria-invalid="true"]')).toHaveCount(0);
      expect(await stored(page)).toMatchObject({ 'PrimaryPhoneNumber': '81355500110', 'CorporateAddress.City': 'Sapporo' });
    });

    test('changes by others are kept, or reported as a conflict', async ({ page, anotherPage }) => {
      const colleague = await anotherPage();
      await signIn(colleague, 'otherAdministrator');
      await change(colleague, { 'Currency': 'JPY', 'Timezone': '', 'TechnicalContact.Name': 'Haruto' });
      await signIn(page, 'otherAdministrator');
      await open(page, paths.companyInformation);
      const currency = section(page, company.company).getByLabel(company.currency);
      const timezone = section(page, company.company).getByLabel(company.timezone);
      const contact = section(page, company.technical_contact).getByLabel(company.name);

      await change(colleague, { Timezone: '(GMT +09:00) Osaka, Sapporo, Tokyo' });
      await currency.fill('USD');
      await save(page, words);
      await expect(toast(page, company.saved)).toContainText(company.others_kept);
      await expect(timezone).toHaveValue('(GMT +09:00) Osaka, Sapporo, Tokyo');
      expect(await stored(page)).toMatchObject({ Currency: 'USD', Timezone: '(GMT +09:00) Osaka, Sapporo, Tokyo' });

      await currency.fill('EUR');
      await contact.fill('Mine');
      await change(colleague, { 'Currency': 'GBP', 'Timezone': london, 'TechnicalContact.Name': 'Theirs' });
      await save(page, words);
      const note = page.getByRole('alert').filter({ hasText: company.conflict_title });
      const both = [
        say(company.field_of, { section: company.company, field: company.currency }),
        say(company.field_of, { section: company.technical_contact, field: company.name }),
      ];
      await expect(note).toContainText(say(company.conflict_text, { fields: both.join(words.separator) }));
      await expect(note).toBeInViewport();
      await axe(page, 'with a conflict');
      await expect(currency).toHaveValue('EUR');
      await expect(contact).toHaveValue('Mine');
      await expect(timezone).toHaveValue(london);
      expect(await stored(page)).toMatchObject({ 'Currency': 'GBP', 'TechnicalContact.Name': 'Theirs' });

      await save(page, words);
      await expect(note).toHaveCount(0);
      await expect.poll(() => stored(page)).toMatchObject({
        'Currency': 'EUR',
        'TechnicalContact.Name': 'Mine',
        'Timezone': london,
      });

      await currency.fill('CHF');
      await change(colleague, { Currency: 'JPY' });
      await save(page, words);
      await page.getByRole('button', { name: words.form.load_theirs }).click();
      await expect(currency).toHaveValue('JPY');
      await expect(note).toHaveCount(0);
    });

    test('a select shows the value that another person chose', async ({ page, anotherPage }) => {
      const colleague = await anotherPage();
      await signIn(colleague, 'otherAdministrator');
      await change(colleague, { MinimumContactRating: '1', IndirectTaxNumber: '' });
      await signIn(page, 'otherAdministrator');
      await open(page, paths.companyInformation);
      await change(colleague, { MinimumContactRating: '5' });
      await section(page, company.tax).getByLabel(company.indirect_tax_number).fill('T0');
      await save(page, words);
      await expect(toast(page, company.saved)).toContainText(company.others_kept);
      await expect(section(page, company.company).getByLabel(company.minimum_contact_rating)).toHaveValue('5');
    });

    test('input survives a language change and an ended session', async ({ page }) => {
      await signIn(page, 'otherAdministrator');
      await open(page, paths.companyInformation);
      const website = page.locator('#company-Website');
      await website.fill('https://typed.example');
      const ended = { status: 401, json: 'SignInNeeded' };
      await page.route('**/api/company_information/update', (route) => route.fulfill(ended), { times: 1 });
      await save(page, words);
      await expect(page.getByText(words.error.sign_in_needed)).toBeInViewport();
      await expect(website).toHaveValue('https://typed.example');
      const other = language === 'en' ? 'ja' : 'en';
      await page.getByRole('button', { name: { en: 'English', ja: '日本語' }[other] }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(wordsOf(other).company.title);
      await expect(website).toHaveValue('https://typed.example');
      await page.getByRole('button', { name: { en: 'English', ja: '日本語' }[language] }).click();
    });

    test('axe finds no violation in any size or colour scheme', async ({ page }) => {
      test.setTimeout(180_000);
      await page.emulateMedia({ reducedMotion: 'reduce' });
      await signIn(page, 'administrator');
      await open(page, paths.companyInformation);
      for (const width of [1440, 390]) {
        await page.setViewportSize({ width, height: 900 });
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          await axe(page, `${width} px, ${colorScheme}`);
        }
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      }
    });

    test.describe('without scripts', () => {
      test.use({ javaScriptEnabled: false });

      test('a plain form saves the profile and confirms it', async ({ page }) => {
        await signIn(page, 'otherAdministrator');
        const state = unique('Hokkaido');
        await page.goto(paths.companyInformation);
        await section(page, company.billing_address).getByLabel(company.state).fill(state);
        await section(page, company.tax).getByLabel(company.registered_for_indirect_tax, { exact: true }).selectOption(company.yes);
        await save(page, words);
        await expect(page.getByText(company.saved, { exact: true })).toBeVisible();
        await expect(page).toHaveURL(`${paths.companyInformation}?notice=updated`);
        await expect(section(page, company.billing_address).getByLabel(company.state)).toHaveValue(state);
        await expect(section(page, company.tax).getByLabel(company.registered_for_indirect_tax, { exact: true })).toHaveValue('true');
      });

      test('invalid and conflicting values are reported, not stored', async ({ page }) => {
        await signIn(page, 'otherAdministrator');
        await change(page, { Currency: 'JPY', PrimaryPhoneNumber: '1' });
        await page.goto(paths.companyInformation);
        await section(page, company.company).getByLabel(company.primary_phone, { exact: true }).fill('x1');
        await save(page, words);
        await expect(page.getByText(words.error.invalid)).toBeVisible();
        await expect(problem(page, 'PrimaryPhoneNumber')).toHaveText(words.problem.digits);

        await change(page, { Currency: 'GBP' });
        await section(page, company.company).getByLabel(company.currency).fill('USD');
        await save(page, words);
        await expect(page.getByText(company.conflict_title)).toBeVisible();
        await expect(page.getByText(company.conflict_plain)).toBeVisible();
        await expect(section(page, company.company).getByLabel(company.currency)).toHaveValue('GBP');
        expect(await stored(page)).toMatchObject({ Currency: 'GBP', PrimaryPhoneNumber: '1' });
      });
    });
  });
}

test('integrations read the saved profile', async ({ page, request }) => {
  await signIn(page, 'specialist');
  const token = await newToken(page);
  const authorization = `Basic ${Buffer.from(`${token.sid}:${token.secret}`).toString('base64')}`;
  // Repeats in case another test changes the same field in between.
  await expect(async () => {
    const name = unique('美咲');
    await open(page, paths.companyInformation);
    await section(page, 'Commercial contact').getByLabel('Name', { exact: true }).fill(name);
    await save(page, wordsOf('en'));
    await expect(toast(page, 'Company information saved')).toBeVisible();
    const answer = await request.get(`/Agencies/${token.sid}/CompanyInformation`, { headers: { authorization } });
    expect(await answer.json()).toMatchObject({ CommercialContact: { Name: name } });
  }).toPass({ timeout: 60_000 });
});

test('a role without the right gets no link, page or function', async ({ page }) => {
  for (const user of ['analyst', 'finance', 'marketing'] as const satisfies readonly User[]) {
    await signIn(page, user);
    await open(page, paths.settings);
    await expect(page.getByRole('heading', { name: 'No settings for your role' })).toBeVisible();
    await expect(page.getByRole('link', { name: 'Company information' })).toHaveCount(0);
    expect((await page.goto(paths.companyInformation))?.status(), user).toBe(403);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not allowed');
    for (const name of ['get', 'update']) {
      const form = { 'loaded[Website]': '', 'typed[Website]': 'x' };
      const answer = await page.request.post(`/api/company_information/${name}`, { form, headers: sameOrigin });
      expect(answer.status(), `${user}: ${name}`).toBe(403);
    }
  }
});

test('without a session, the page leads to the sign-in page', async ({ page }) => {
  await page.goto(paths.companyInformation);
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  expect((await call(page, 'company_information/get', {})).status()).toBe(401);
});
