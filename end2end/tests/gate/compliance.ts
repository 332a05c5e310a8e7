// A server of the agency behind the gate, which takes compliance content and reports the status of submissions. It checks
// no credentials: the proxy lets only authorised calls through.

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { freePort, type Server } from '../support/servers.ts';

interface Said {
  status: number;
  body: object;
}

const submissions = /^\/Agencies\/([^/]+)\/Compliance\/Content\/ComplianceAPISubmissions\/(Response\/)?([^/]+)$/;

/** The server, and the ids of the submissions that it has taken. */
export interface Compliance extends Server {
  handedIn: ReadonlySet<string>;
}

/** Starts the server on a free port. */
export async function compliance(): Promise<Compliance> {
  const handedIn = new Set<string>();
  const server = createServer((request, response) => {
    void answer(request, handedIn).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { origin: `http://127.0.0.1:${port}`, stop, handedIn };
}

async function answer(request: IncomingMessage, handedIn: Set<string>): Promise<Said> {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  const [, sid, results, id] = submissions.exec(path) ?? [];
  if (id !== undefined) {
    if (!handedIn.has(id)) {
      return { status: 404, body: { Status: 'ERROR', Message: 'The requested resource was not found' } };
    }
    const uri = `/Agencies/${sid ?? ''}/Compliance/Content/ComplianceAPISubmissions/Response/${id}`;
    const status = { JobId: id, Status: 'COMPLETED', Source: 'CONTENT_API', Type: 'PAGE', Success: 1, ResponseUri: uri };
    return { status: 200, body: results === undefined ? status : [] };
  }
  const missing = await missingField(request);
  if (missing !== undefined) {
    const errors = { Error: { Field: missing, Message: `${missing} is an expected field` } };
    return { status: 400, body: { Status: 'ERROR', Message: 'Validation Errors', Errors: errors } };
  }
  const submission = `content_api_${randomUUID()}`;
  handedIn.add(submission);
  return { status: 202, body: { Status: 'QUEUED', QueuedUri: `${path}/ComplianceAPISubmissions/${submission}` } };
}

/** The first required field that is missing in the body; `undefined` if there is none. */
async function missingField(request: IncomingMessage): Promise<string | undefined> {
  const body = await text(request);
  if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    const fields = new URLSearchParams(body);
    return ['AdvertiserId', 'CampaignId', 'Url', 'Type', 'Reason', 'Source'].find((field) => !fields.has(field));
  }
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    value = undefined;
  }
  const fields = typeof value === 'object' && value !== null ? value : {};
  return ['Context', 'Contents'].find((field) => !(field in fields));
}
