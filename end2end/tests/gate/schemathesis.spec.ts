// The gate against OpenAPI documents: its own, and those that the platform has published. `PUBLISHED_DOCUMENTS` names the
// folder of the latter, which we may not distribute.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { parse } from 'yaml';
import { compliance } from './compliance.ts';
import { expect, newToken, signIn, test, type Token } from '../support/fixtures.ts';
import { all, answersAs, ofAnswers, operations, type Answer, type Document } from './schemathesis.ts';
import { freePort, kagitaba, nginx, type Server } from '../support/servers.ts';

const folder = process.env['PUBLISHED_DOCUMENTS'];
const limits = { KAGITABA_CALLS_PER_HOUR: '1000000', KAGITABA_EXPORTS_PER_DAY: '1000000' };
let server: Server;

test.describe.configure({ timeout: 300_000 });

// A server of its own, as the generated calls change the company profile and tokens that other tests read.
test.beforeAll(async () => {
  server = await kagitaba('schemathesis', await freePort(), [], limits);
});

test.afterAll(async () => {
  await server?.stop();
});

for (const seed of [1, 2, 3]) {
  test(`the gate behaves as its own document says (seed ${seed})`, async ({ anotherPage }) => {
    const page = await anotherPage({ baseURL: server.origin });
    const own = (await (await page.request.get('/openapi.json')).json()) as Document;
    await answersAs(own, server.origin, await tokenFor(page, own), all, seed);
  });
}

const published = folder === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith('.yaml'));

for (const name of published) {
  const document = parse(readFileSync(join(folder ?? '', name), 'utf8')) as Document;
  if (operations(document).some(({ operationId }) => operationId.includes('Compliance'))) {
    test(`the agency's server answers as ${name} says`, async ({ anotherPage }) => {
      const token = await tokenFor(await anotherPage({ baseURL: server.origin }), document);
      const agency = await compliance();
      const proxy = await nginx('compliance', server.origin, agency.origin);
      also(document, { 403: { description: 'What is not in the catalogue, or not among the scopes. The page is nginx’s.' } });
      try {
        // nginx's auth_request knows only allowed and refused, so an unsupported method gets 403 instead of 405.
        await answersAs(document, proxy.origin, token, ofAnswers.filter((check) => check !== 'unsupported_method'));
        expect(agency.handedIn.size).toBeGreaterThan(0);
      } finally {
        await proxy.stop();
        await agency.stop();
      }
    });
  } else {
    test(`the gate answers as ${name} says`, async ({ anotherPage }) => {
      also(document, everywhere);
      reportsMayFail(document);
      textMayBeEmpty(document);
      await answersAs(document, server.origin, await tokenFor(await anotherPage({ baseURL: server.origin }), document));
    });
  }
}

/** Creates a token with the scopes of the document's operations. */
async function tokenFor(page: Page, document: Document): Promise<Token> {
  await signIn(page, 'administrator');
  // `getAgency` needs no scope.
  const scopes = operations(document).map(({ operationId }) => operationId);
  return newToken(page, { scopes: scopes.filter((scope) => scope !== 'getAgency') });
}

const text = { type: 'string' };
const envelope = {
  type: 'object',
  required: ['Status', 'Message', 'Errors'],
  properties: {
    Status: { const: 'ERROR' },
    Message: text,
    Errors: { type: 'array', items: { type: 'object', properties: { Field: text, Message: text } } },
  },
};

/** The errors that the platform describes once for all operations, not in each of them. */
const everywhere: Record<string, Answer> = Object.fromEntries(
  ['400', '403', '404', '405', '429'].map((status) => [
    status,
    { description: 'An error', content: { 'application/json': { schema: envelope } } },
  ]),
);

/** Adds the responses to each operation, except for statuses that it describes itself. */
function also(document: Document, answers: Record<string, Answer>): void {
  for (const operation of operations(document)) {
    operation.responses = { ...answers, ...operation.responses };
  }
}

/**
 * Adds the error to the schema of a report's 200 response. The document's text says that invalid input is answered with
 * status 200 and an error; its schema allows a list of records only.
 */
function reportsMayFail(document: Document): void {
  const error = { type: 'object', required: ['Status', 'Message'], properties: { Status: { const: 'ERROR' }, Message: text } };
  for (const { operationId, responses } of operations(document)) {
    const answer = responses['200']?.content?.['application/json'];
    if (operationId === 'runReport' && answer) {
      answer.schema = { anyOf: [answer.schema, error] };
    }
  }
}

/**
 * Allows empty text for dates and e-mail addresses. The document's text or examples say that such fields may be empty, such
 * as a job's dates or a contact's address; their formats do not allow it.
 */
function textMayBeEmpty(node: object): void {
  if ('type' in node && node.type === 'string' && 'format' in node && ['date-time', 'email'].includes(String(node.format))) {
    Object.assign(node, { anyOf: [{ format: node.format }, { const: '' }] });
    delete node.format;
  }
  for (const child of Object.values(node)) {
    if (typeof child === 'object' && child !== null) {
      textMayBeEmpty(child as object);
    }
  }
}
