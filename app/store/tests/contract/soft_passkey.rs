//! An authenticator in software: it makes passkeys and answers challenges, in the form that a browser sends on.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::{Challenge, PasskeyAnswer, RelyingParty};
use uuid::Uuid;

/// The origin of the site that the passkeys are for.
pub const ORIGIN: &str = "https://keys.example";
const DOMAIN: &str = "keys.example";

/// Flags of authenticator data (Web Authentication Level 3, 6.1).
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;

/// A passkey; a copy of it is a clone of the device.
#[derive(Clone)]
pub struct SoftPasskey {
    id: Vec<u8>,
    key: SigningKey,
    user: Value,
    /// The signature counter: the number of answers so far, if the authenticator counts them.
    pub counter: u32,
    /// The origin that the browser reports.
    pub origin: &'static str,
    /// Whether the person has given the PIN.
    pub verified: bool,
    /// Whether a password manager keeps it, which makes copies.
    pub backed_up: bool,
}

pub fn party() -> RelyingParty {
    RelyingParty::of(ORIGIN).unwrap()
}

impl SoftPasskey {
    /// Makes a passkey for the challenge's user and returns it with its answer.
    pub fn create(challenge: &Challenge) -> (Self, PasskeyAnswer) {
        let options: Value = serde_json::from_str(&challenge.options).unwrap();
        assert_eq!(options["rp"]["id"], DOMAIN);
        assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        let id = Uuid::new_v4().as_bytes().to_vec();
        let key = SigningKey::from_slice(&Sha256::digest(&id)).unwrap();
        let user = options["user"]["id"].clone();
        let passkey = Self { id, key, user, counter: 1, origin: ORIGIN, verified: true, backed_up: false };
        let answer = passkey.registered(challenge);
        (passkey, answer)
    }

    /// Returns another device that knows everything about the passkey except its key.
    pub fn forged(&self) -> Self {
        Self { key: SigningKey::from_slice(&[7; 32]).unwrap(), ..self.clone() }
    }

    /// Returns the answer to a challenge to add a passkey.
    pub fn registered(&self, challenge: &Challenge) -> PasskeyAnswer {
        let client_data = self.client_data(challenge, "webauthn.create");
        // CBOR: { "fmt": "none", "attStmt": {}, "authData": bytes }
        let data = [self.data(ATTESTED), self.attested()].concat();
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(data.len().try_into().unwrap());
        object.extend(data);
        let response = json!({
            "attestationObject": BASE64.encode(object),
            "clientDataJSON": BASE64.encode(client_data),
            "transports": ["internal"],
        });
        self.answer(challenge, response)
    }

    /// Returns the signed answer to a challenge to sign in.
    pub fn get(&mut self, challenge: &Challenge) -> PasskeyAnswer {
        self.counter += 1;
        let client_data = self.client_data(challenge, "webauthn.get");
        let data = self.data(0);
        let signed = [data.as_slice(), &Sha256::digest(&client_data)].concat();
        let signature: Signature = self.key.sign(&signed);
        let response = json!({
            "authenticatorData": BASE64.encode(data),
            "clientDataJSON": BASE64.encode(client_data),
            "signature": BASE64.encode(signature.to_der().as_bytes()),
            "userHandle": self.user,
        });
        self.answer(challenge, response)
    }

    fn client_data(&self, challenge: &Challenge, kind: &str) -> Vec<u8> {
        let options: Value = serde_json::from_str(&challenge.options).unwrap();
        let challenge = &options["challenge"];
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false })
            .to_string()
            .into_bytes()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let flags = PRESENT | flags | if self.verified { VERIFIED } else { 0 };
        let flags = flags | if self.backed_up { BACKUP_ELIGIBLE | BACKED_UP } else { 0 };
        [Sha256::digest(DOMAIN).as_slice(), &[flags], &self.counter.to_be_bytes()].concat()
    }

    /// Returns the credential, with its key as COSE: { 1: 2, 3: -7, -1: 1, -2: x, -3: y }.
    fn attested(&self) -> Vec<u8> {
        let point = self.key.verifying_key().to_sec1_point(false);
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let key =
            [b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", &**point.x().unwrap(), b"\x22\x58\x20", point.y().unwrap()];
        [[0; 16].as_slice(), &length, &self.id, &key.concat()].concat()
    }

    fn answer(&self, challenge: &Challenge, response: Value) -> PasskeyAnswer {
        let id = BASE64.encode(&self.id);
        let json = json!({
            "id": id, "rawId": id, "type": "public-key", "response": response,
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
        });
        PasskeyAnswer { party: party(), token: challenge.token.clone(), json: json.to_string() }
    }
}
