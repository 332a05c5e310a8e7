//! How server functions talk: JSON, read as text, as is the data that comes with a page. So the wasm holds one reader of
//! JSON and not two.

use crate::error::AppError;
use crate::path;
use leptos::server_fn::client::Client;
use leptos::server_fn::codec::{Encoding, FromReq, IntoReq, IntoRes, JsonEncoding, Post, PostUrl};
use leptos::server_fn::error::{FromServerFnError as _, IntoAppError as _, ServerFnErrorErr};
use leptos::server_fn::response::ClientRes as _;
use leptos::server_fn::server::Server;
use leptos::server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType, Http, Protocol};
use serde::Serialize;
use serde::de::{DeserializeOwned, Error as _};
use std::cell::Cell;
use std::future::poll_fn;
use std::pin::{Pin, pin};

/// What a plain form can send, too.
pub type Form = Http<PostUrl, Post<JsonText>>;

/// What our pages call with JSON.
#[derive(Debug)]
pub struct Call;

impl<Input, Output, C, S> Protocol<Input, Output, C, S, AppError> for Call
where
    Input: IntoReq<Post<JsonText>, C::Request, AppError> + FromReq<Post<JsonText>, S::Request, AppError> + Send,
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
        let input = Input::from_req(request).await?;
        let output = function(input).await?;
        output.into_res().await
    }

    async fn run_client(path: &str, input: Input) -> Result<Output, AppError> {
        let path = if AGAIN.get() { format!("{path}?{}", path::AGAIN) } else { path.to_owned() };
        let request = input.into_req(&path, Post::<JsonText>::CONTENT_TYPE)?;
        let answer = answered::<C>(request).await?;
        JsonText::decode(answer).map_err(|error| ServerFnErrorErr::Deserialization(error.to_string()).into_app_error())
    }
}

/// The body of the answer. Apart from what differs by function, so that it is compiled once.
fn answered<C: Client<AppError>>(request: C::Request) -> Pin<Box<dyn Future<Output = Result<Bytes, AppError>> + Send>> {
    Box::pin(async {
        let answer = C::send(request).await?;
        let failed = answer.status() >= 400;
        let body = answer.try_into_bytes().await?;
        if failed { Err(AppError::de(body)) } else { Ok(body) }
    })
}

thread_local! {
    /// Whether what is asked now is asked by the page itself.
    static AGAIN: Cell<bool> = const { Cell::new(false) };
}

/// What an open page reads again by itself, as it has heard of a change: nobody has done anything then, so it is no use
/// of the session, and a page that is merely open does not keep it alive. The server is told so in the address.
pub async fn again<F: Future>(asking: F) -> F::Output {
    let mut asking = pin!(asking);
    poll_fn(|context| {
        AGAIN.set(true);
        let polled = asking.as_mut().poll(context);
        AGAIN.set(false);
        polled
    })
    .await
}

/// JSON, read as text.
#[derive(Debug)]
pub struct JsonText;

impl ContentType for JsonText {
    const CONTENT_TYPE: &'static str = JsonEncoding::CONTENT_TYPE;
}

impl FormatType for JsonText {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for JsonText {
    type Error = serde_json::Error;

    fn encode(value: &T) -> Result<Bytes, serde_json::Error> {
        JsonEncoding::encode(value)
    }
}

impl<T: DeserializeOwned> Decodes<T> for JsonText {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<T, serde_json::Error> {
        serde_json::from_str(str::from_utf8(&bytes).map_err(serde_json::Error::custom)?)
    }
}
