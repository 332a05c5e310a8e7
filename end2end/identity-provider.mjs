// An identity provider for the tests, which believes every claim.
//
// node identity-provider.mjs PORT REDIRECT-URI

import { Provider } from 'oidc-provider';

const [port, redirect] = process.argv.slice(2);
const people = new Map();

const provider = new Provider(`http://localhost:${port}`, {
  clients: [{ client_id: 'kagitaba', client_secret: 'a-secret-for-tests', redirect_uris: [redirect] }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  cookies: { keys: ['a-key-for-tests'] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
  findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId, ...people.get(accountId) }) }),
  // Grants the scopes without a consent page.
  loadExistingGrant: async ({ oidc }) => {
    const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope('openid email profile');
    await grant.save();
    return grant;
  },
});

const form = `<!DOCTYPE html>
<html lang="en">
  <title>Identity provider</title>
  <link rel="icon" href="data:," />
  <form method="post">
    <label>Subject <input name="sub" /></label>
    <label>E-mail <input name="email" /></label>
    <label><input name="verified" type="checkbox" /> Verified</label>
    <button name="action" value="allow">Continue</button>
    <button name="action" value="deny">Cancel</button>
  </form>
</html>`;

provider.use(async (context, next) => {
  if (!context.path.startsWith('/interaction/')) {
    return next();
  }
  if (context.method === 'GET') {
    context.type = 'html';
    context.body = form;
    return;
  }
  const chunks = await context.req.toArray();
  const fields = new URLSearchParams(Buffer.concat(chunks).toString());
  const sub = fields.get('sub');
  people.set(sub, { email: fields.get('email'), email_verified: fields.has('verified') });
  const denied = { error: 'access_denied', error_description: 'the person said no' };
  const result = fields.get('action') === 'allow' ? { login: { accountId: sub } } : denied;
  await provider.interactionFinished(context.req, context.res, result);
  context.respond = false;
});

provider.listen(Number(port), () => console.log(`The identity provider is at ${provider.issuer}`));
