//! A passkey's answer as JSON, for credentials that can't be converted by `toJSON`: those of some password managers are
//! not objects of the browser's own class, and their `toJSON` is missing or throws.

use js_sys::{Function, Object, Reflect, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};

/// The members of a response that contain bytes, of a new passkey and of an existing one.
const BYTES: [&str; 5] = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

/// Returns the credential as `RegistrationResponseJSON` or `AuthenticationResponseJSON` (Web Authentication Level 3,
/// 5.1).
///
/// # Errors
/// If the credential lacks a member that every credential has.
pub fn credential_json(credential: &JsValue) -> Result<JsValue, JsValue> {
    let json = Object::new();
    copy(credential, &json, "id")?;
    copy(credential, &json, "type")?;
    copy(credential, &json, "authenticatorAttachment")?;
    set(&json, "rawId", &encoded(&get(credential, "rawId")?)?)?;
    // This member is required, and empty if there are no extension results.
    let results = called(credential, "getClientExtensionResults").filter(JsValue::is_object);
    set(&json, "clientExtensionResults", &results.unwrap_or_else(|| Object::new().into()))?;
    set(&json, "response", &response(&get(credential, "response")?)?)?;
    Ok(json.into())
}

fn response(response: &JsValue) -> Result<JsValue, JsValue> {
    let json = Object::new();
    for name in BYTES {
        let bytes = get(response, name)?;
        if !bytes.is_null() && !bytes.is_undefined() {
            set(&json, name, &encoded(&bytes)?)?;
        }
    }
    if let Some(transports) = called(response, "getTransports").filter(JsValue::is_array) {
        set(&json, "transports", &transports)?;
    }
    Ok(json.into())
}

/// Returns the result of a method, or `None` if it is missing or throws, as `toJSON` may.
fn called(on: &JsValue, method: &str) -> Option<JsValue> {
    get(on, method).ok()?.dyn_into::<Function>().ok()?.call0(on).ok()
}

fn copy(from: &JsValue, to: &Object, name: &str) -> Result<(), JsValue> {
    let value = get(from, name)?;
    if value.is_undefined() { Ok(()) } else { set(to, name, &value) }
}

fn get(from: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    Reflect::get(from, &name.into())
}

fn set(to: &Object, name: &str, value: &JsValue) -> Result<(), JsValue> {
    Reflect::set(to, &name.into(), value).map(drop)
}

/// Returns bytes in Base64 for URLs, without padding (RFC 4648, section 5), with the browser's own Base64 encoder.
fn encoded(bytes: &JsValue) -> Result<JsValue, JsValue> {
    if !bytes.is_object() {
        return Err(JsValue::from_str("there are no bytes"));
    }
    let text: String = Uint8Array::new(bytes).to_vec().into_iter().map(char::from).collect();
    let encoded = window().btoa(&text)?;
    Ok(encoded.trim_end_matches('=').replace('+', "-").replace('/', "_").into())
}
