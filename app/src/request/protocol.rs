//! The protocols of server functions: a plain form or JSON in, JSON out, and the status of an error.
//!
//! A body is accepted only with the right content type. A page's form can be sent as `text/plain` so that its body
//! parses as JSON. The check of the content type stops that, and so does the refusal of unknown fields, since such a
//! body needs an extra one.

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::request::context::{set_status, wants_page};
use crate::request::json_text::JsonText;
use crate::routes;
use leptos::server_fn::client::Client;
use leptos::server_fn::codec::{Encoding, IntoReq, IntoRes, Post, PostUrl};
use leptos::server_fn::error::{FromServerFnError as _, IntoAppError as _, ServerFnErrorErr};
use leptos::server_fn::request::Req as _;
use leptos::server_fn::response::ClientRes as _;
use leptos::server_fn::server::Server;
use leptos::server_fn::{Bytes, ContentType as _, Decodes as _, Http, Protocol, ServerFn};
use serde::de::{DeserializeOwned, Error as _};
use std::pin::Pin;

/// The protocol for requests that a plain form can send too: `application/x-www-form-urlencoded`, and nothing else.
#[derive(Debug)]
pub struct Form;

/// The encoding of a [`Form`]'s arguments and result.
type FormFormat = Http<PostUrl, Post<JsonText>>;

impl<Input, Output, C, S> Protocol<Input, Output, C, S, AppError> for Form
where
    FormFormat: Protocol<Input, Output, C, S, AppError>,
    Input: Send,
    C: Client<AppError>,
    S: Server<AppError>,
{
    const METHOD: http::Method = PostUrl::METHOD;

    async fn run_server<F, Fut>(request: S::Request, function: F) -> Result<S::Response, AppError>
    where
        F: Fn(Input) -> Fut + Send,
        Fut: Future<Output = Result<Output, AppError>> + Send,
    {
        let run = async {
            require_content_type::<S>(&request, PostUrl::CONTENT_TYPE)?;
            FormFormat::run_server(request, function).await
        };
        with_status(run.await)
    }

    async fn run_client(path: &str, input: Input) -> Result<Output, AppError> {
        FormFormat::run_client(path, input).await
    }
}

/// Sets the answer's status to the error's, if it is one. A plain form is answered by a redirect to its page, which
/// shows the error.
fn with_status<T>(answer: Result<T, AppError>) -> Result<T, AppError> {
    #[cfg(feature = "ssr")]
    if let Err(error) = &answer
        && !wants_page()
    {
        set_status(error);
    }
    answer
}

/// Refuses a body without this content type; parameters such as `charset` may follow it.
fn require_content_type<S: Server<AppError>>(request: &S::Request, wanted: &'static str) -> Result<(), AppError> {
    let named = request.to_content_type().unwrap_or_default();
    let named = named.split(';').next().unwrap_or_default().trim();
    if named.eq_ignore_ascii_case(wanted) { Ok(()) } else { Err(AppError::ContentType(wanted.to_owned())) }
}

/// The protocol for calls from our pages: `application/json`, without fields that the function does not know.
#[derive(Debug)]
pub struct Call;

impl<Input, Output, C, S> Protocol<Input, Output, C, S, AppError> for Call
where
    Input: IntoReq<Post<JsonText>, C::Request, AppError> + DeserializeOwned + Send,
    Output: IntoRes<Post<JsonText>, S::Response, AppError> + DeserializeOwned + Send,
    C: Client<AppError>,
    S: Server<AppError>,
{
    const METHOD: http::Method = Post::<JsonText>::METHOD;

    async fn run_server<F, Fut>(request: S::Request, function: F) -> Result<S::Response, AppError>
    where
        F: Fn(Input) -> Fut + Send,
        Fut: Future<Output = Result<Output, AppError>> + Send,
    {
        let run = async {
            require_content_type::<S>(&request, Post::<JsonText>::CONTENT_TYPE)?;
            let input = arguments(&request.try_into_bytes().await?)?;
            function(input).await?.into_res().await
        };
        with_status(run.await)
    }

    async fn run_client(path: &str, input: Input) -> Result<Output, AppError> {
        let request = input.into_req(path, Post::<JsonText>::CONTENT_TYPE)?;
        let answer = answered::<C>(request).await?;
        JsonText::decode(answer).map_err(|error| ServerFnErrorErr::Deserialization(error.to_string()).into_app_error())
    }
}

/// Parses the arguments of a function; each field, at any depth, must be known.
fn arguments<Input: DeserializeOwned>(body: &[u8]) -> Result<Input, AppError> {
    let bad = |error: serde_json::Error| AppError::BadRequest(error.to_string());
    let text = str::from_utf8(body).map_err(|error| bad(serde_json::Error::custom(error)))?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut unknown = None;
    let input = serde_ignored::deserialize(&mut reader, |path| {
        unknown.get_or_insert_with(|| path.to_string());
    });
    let input = input.map_err(bad)?;
    reader.end().map_err(bad)?;
    match unknown {
        Some(field) => Err(AppError::BadRequest(format!("there is no field `{field}`"))),
        None => Ok(input),
    }
}

/// Returns the body of the answer. Separate from the code that is generic over the function, so that it is compiled
/// once.
fn answered<C: Client<AppError>>(request: C::Request) -> Pin<Box<dyn Future<Output = Result<Bytes, AppError>> + Send>> {
    Box::pin(async {
        let answer = C::send(request).await?;
        let failed = answer.status() >= 400;
        let body = answer.try_into_bytes().await?;
        if failed { Err(AppError::de(body)) } else { Ok(body) }
    })
}

/// Calls a function by which an open page refreshes its data after a change. No user action caused this request, so it
/// does not count as use of the session: a page that is merely open does not keep it alive. The URL's query tells the
/// server.
///
/// # Errors
/// Those of the function.
pub async fn again<F: ServerFn<Error = AppError>>(call: F) -> Result<F::Output, AppError> {
    if cfg!(feature = "ssr") {
        call.run_body().await
    } else {
        F::Protocol::run_client(&format!("{}?{}", F::PATH, routes::AGAIN), call).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    struct Outer {
        inner: Option<Vec<Inner>>,
    }

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    struct Inner {
        known: u8,
    }

    #[test]
    fn arguments_with_an_unknown_field_are_refused() {
        let read = |json: &str| arguments::<Outer>(json.as_bytes());
        assert_eq!(read(r#"{"inner":[{"known":1}]} "#), Ok(Outer { inner: Some(vec![Inner { known: 1 }]) }));
        assert_eq!(read("{}"), Ok(Outer { inner: None }));
        for (json, field) in [(r#"{"inner":[{"known":1,"x":2}]}"#, "inner.?.0.x"), (r#"{"x":"="}"#, "x")] {
            assert_eq!(read(json), Err(AppError::BadRequest(format!("there is no field `{field}`"))), "{json}");
        }
        for json in ["", "{} {}", "{}=", "null"] {
            assert!(matches!(read(json), Err(AppError::BadRequest(_))), "{json}");
        }
        assert!(matches!(arguments::<Outer>(b"{\xff}"), Err(AppError::BadRequest(_))));
    }
}
