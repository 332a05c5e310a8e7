// A mail server that keeps all messages, except for those to refused…@…, which it refuses.

import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** The last message to each address. */
export const mailed = new Map<string, string>();

let mailServer: SMTPServer;

/** Starts a mail server: a new one each time, as one that was stopped takes no mail again. Returns Kagitaba's options. */
export async function openMailbox(): Promise<string[]> {
  mailServer = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true, // a lookup would wait for a name server
    onRcptTo: ({ address }, _, callback) => callback(address.startsWith('refused') ? new Error('no such mailbox') : null),
    onData: (stream, { envelope }, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        envelope.rcptTo.forEach(({ address }) => mailed.set(address, Buffer.concat(chunks).toString()));
        callback();
      });
    },
  });
  await new Promise<void>((resolve) => mailServer.listen(0, '127.0.0.1', resolve));
  const { port } = mailServer.server.address() as AddressInfo;
  return ['--smtp-url', `smtp://127.0.0.1:${port}`, '--mail-from', 'Kagitaba <kagitaba@agency.example>'];
}

/** Stops the mail server. */
export async function closeMailbox(): Promise<void> {
  await new Promise<void>((resolve) => mailServer.close(resolve));
}

/** Returns the decoded parts of a message. */
export function parts(message: string): string {
  const decoded = message.split(/\r?\n\r?\n|\r?\n--.*/).map((part) => {
    const undone = part.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex: string) => `%${hex}`);
    const base64 = /^[A-Za-z0-9+/=\r\n]+$/.test(part) ? Buffer.from(part, 'base64').toString() : '';
    try {
      return `${decodeURIComponent(undone)}\n${base64}`;
    } catch {
      return `${undone}\n${base64}`;
    }
  });
  return decoded.join('\n');
}
