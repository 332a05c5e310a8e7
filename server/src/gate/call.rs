//! An admitted call, and the arguments that the operations' handlers take from it.

use domain::{gate::access::Caller, reports::job::JobId, tokens::token::TokenId};
use store::Store;
use uuid::Uuid;

use super::{
    admission::{Admitted, Gate},
    answer::Answer,
    error::GateError,
    input::Input,
    parameters::{self, Parameter},
    query::Query,
};

/// An admitted call.
pub struct Call<'g> {
    /// The gate, which knows the rate limits.
    pub gate: &'g Gate,
    /// The store, which records the call's address.
    pub store: Store,
    /// The caller, the target and the version.
    pub admitted: Admitted,
    /// The query.
    pub query: Query,
    /// The body.
    pub input: Input,
}

/// Returns the path of one of the caller's resources: `/Agencies/{AccountSID}` followed by `below`.
pub fn uri(caller: &Caller, below: &str) -> String {
    format!("/Agencies/{}{below}", caller.sid)
}

/// An argument of a handler.
pub trait Argument<'c>: Sized {
    /// The query parameters that it is read from.
    const PARAMETERS: &'static [Parameter] = &[];

    /// Reads the argument.
    ///
    /// # Errors
    /// Those of the argument.
    fn of(call: &'c Call<'c>) -> Result<Self, GateError>;
}

impl<'c> Argument<'c> for &'c Gate {
    fn of(call: &'c Call<'c>) -> Result<Self, GateError> {
        Ok(call.gate)
    }
}

impl<'c> Argument<'c> for &'c Store {
    fn of(call: &'c Call<'c>) -> Result<Self, GateError> {
        Ok(&call.store)
    }
}

impl<'c> Argument<'c> for &'c Caller {
    fn of(call: &'c Call<'c>) -> Result<Self, GateError> {
        Ok(&call.admitted.caller)
    }
}

/// The body. It is read by the handler: errors of what the path names come first.
impl<'c> Argument<'c> for &'c Input {
    fn of(call: &'c Call<'c>) -> Result<Self, GateError> {
        Ok(&call.input)
    }
}

/// An argument or its error, for handlers that answer it in their own way.
impl<'c, T: Argument<'c>> Argument<'c> for Result<T, GateError> {
    const PARAMETERS: &'static [Parameter] = T::PARAMETERS;

    fn of(call: &'c Call<'c>) -> Result<Self, GateError> {
        Ok(T::of(call))
    }
}

/// The parameter in the operation's path.
pub struct Path<T>(pub T);

impl<'c, T: Segment> Argument<'c> for Path<T> {
    fn of(call: &'c Call<'c>) -> Result<Self, GateError> {
        T::read(call.admitted.target.parameter.as_deref().unwrap_or_default()).map(Self)
    }
}

/// A value that a segment of a path names.
pub trait Segment: Sized {
    /// Reads the value.
    ///
    /// # Errors
    /// [`GateError::NotFound`] if the segment names none.
    fn read(segment: &str) -> Result<Self, GateError>;
}

impl Segment for TokenId {
    fn read(segment: &str) -> Result<Self, GateError> {
        Uuid::try_parse(segment).map(Self).map_err(|_| GateError::NotFound)
    }
}

impl Segment for JobId {
    fn read(segment: &str) -> Result<Self, GateError> {
        Uuid::try_parse(segment).map(Self).map_err(|_| GateError::NotFound)
    }
}

/// The function that carries out an operation. Its signature says what the operation needs of a call; arguments are
/// read in their order, and the first error ends the call.
pub trait Handler<'c, Arguments> {
    /// The query parameters of each argument.
    const PARAMETERS: &'static [&'static [Parameter]];

    /// Carries out the call.
    ///
    /// # Errors
    /// [`GateError::Invalid`] if the query has other parameters, and those of the arguments and the operation.
    fn answer(self, call: &'c Call<'c>) -> impl Future<Output = Result<Answer, GateError>> + Send;
}

macro_rules! handlers {
    ($($argument:ident)*) => {
        impl<'c, Function, Answered, $($argument),*> Handler<'c, ($($argument,)*)> for Function
        where
            Function: FnOnce($($argument),*) -> Answered + Send,
            Answered: Future<Output = Result<Answer, GateError>> + Send,
            $($argument: Argument<'c>,)*
        {
            const PARAMETERS: &'static [&'static [Parameter]] = &[$($argument::PARAMETERS),*];

            fn answer(self, call: &'c Call<'c>) -> impl Future<Output = Result<Answer, GateError>> + Send {
                let begin = || {
                    parameters::check(&call.query, Self::PARAMETERS)?;
                    Ok(self($($argument::of(call)?),*))
                };
                let begun: Result<_, GateError> = begin();
                async move { begun?.await }
            }
        }
    };
}

handlers!(A B);
handlers!(A B C);
handlers!(A B C D);
handlers!(A B C D E);
handlers!(A B C D E F);
