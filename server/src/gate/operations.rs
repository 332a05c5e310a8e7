//! The operations that the gate answers itself.

use domain::tokens::scope::Scope;

use super::{
    access_tokens, advertisers, agency,
    answer::Answer,
    call::{Call, Handler as _},
    company_information,
    error::GateError,
    jobs,
    openapi::documentation::Documentation,
    reports,
};

/// Takes the operations' modules. Each has the operation's id in the catalogue (`ID`), the function that carries it out
/// (`handle`) and its documentation (`document`); none can be left out.
macro_rules! operations {
    ($($($module:ident)::+,)+) => {
        /// Carries out the call.
        ///
        /// # Errors
        /// Those of the operation, and [`GateError::AnsweredElsewhere`] if its data is not Kagitaba's.
        pub async fn carry_out<'c>(call: &'c Call<'c>) -> Result<Answer, GateError> {
            match call.admitted.target.scope.map_or(agency::ID, Scope::id) {
                $($($module)::+::ID => $($module)::+::handle.answer(call).await,)+
                _ => Err(GateError::AnsweredElsewhere),
            }
        }

        /// Returns the documentation of the operation with that id, if the gate answers it itself.
        pub fn documentation(id: &str) -> Option<Documentation> {
            match id {
                $($($module)::+::ID => Some($($module)::+::document(Documentation::of($($module)::+::handle))),)+
                _ => None,
            }
        }

        #[cfg(test)]
        const IDS: &[&str] = &[$($($module)::+::ID),+];
    };
}

operations! {
    agency,
    advertisers::list,
    advertisers::get,
    company_information::get,
    company_information::update,
    jobs::list,
    jobs::get,
    jobs::download,
    jobs::replay,
    reports::export,
    reports::list,
    reports::run,
    reports::metadata,
    access_tokens::list,
    access_tokens::create,
    access_tokens::get,
    access_tokens::update,
    access_tokens::delete,
    access_tokens::reset,
    access_tokens::enable,
    access_tokens::disable,
    access_tokens::values,
    access_tokens::stop_old,
}

#[cfg(test)]
mod tests {
    use domain::tokens::scope::Category;

    use super::*;

    #[test]
    fn every_operation_but_compliance_content_is_answered_here() {
        let catalogue = Scope::all().filter(|scope| scope.category() != Category::ComplianceContent);
        let mut expected: Vec<_> = catalogue.map(Scope::id).chain([agency::ID]).collect();
        let mut answered = IDS.to_vec();
        expected.sort_unstable();
        answered.sort_unstable();
        assert_eq!(answered, expected);
    }
}
