//! `/Agencies/{AccountSID}/…`: the operations of the Agency API.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    response::Response,
};

use super::{
    admission::{Admitted, Gate, ParsedCall, address},
    answer::format::Format,
    call::Call,
    error::GateError,
    input::Input,
    operations,
    query::Query,
    recording,
    target::{Target, effective_method},
    version,
};

/// Admits a call to `/Agencies/…` and carries it out.
pub async fn agencies(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let format = gate.format.of(request.headers(), request.uri().path());
    let (head, caller, body) = gate.receive(request).await;
    let address = address(&head);
    let caller = match (caller, &body) {
        (Ok(caller), _) => caller,
        (Err(_), Err(error)) => return GateError::from(*error).into_response(format),
        (Err(error), Ok(_)) => return error.into_response(format),
    };
    let mut query = Query::read(head.uri.query().unwrap_or_default());
    let input = body.map_err(GateError::from).and_then(|body| Input::read(&head.headers, body));
    let (taken, mut input) = match input {
        Ok(input) => (Ok(()), input),
        Err(error) => (Err(error), Input::Other),
    };
    let version = version::requested(&head.headers, &query, caller.api_version);
    let announced = version.as_ref().ok().copied();
    let method = effective_method(head.method.as_str(), &mut query, input.form());
    let target = method.and_then(|method| Target::read(method, head.uri.path()));
    let asked = ParsedCall { body: taken, target, version, address, client: recording::client(&head.headers) };
    let carry_out = async |admitted| carry_out(&gate, address, admitted, query, input, format).await;
    let refuse = |error: GateError| error.into_response(format);
    let mut response = gate.answer(caller, asked, carry_out, refuse).await;
    gate.lifecycle.announce(announced, response.headers_mut());
    response
}

/// Carries out the admitted call.
async fn carry_out(
    gate: &Gate,
    address: IpAddr,
    admitted: Admitted,
    query: Query,
    input: Input,
    format: Format,
) -> Result<Response, GateError> {
    let call = Call { gate, store: gate.store.asked_from(address), admitted, query, input };
    Ok(operations::carry_out(&call).await?.into_response(format))
}
